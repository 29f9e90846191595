using EmbeddedLog.Concurrency.Waiters;
using EmbeddedLog.Partitions;
using EmbeddedLog.Partitions.Appending;
using EmbeddedLog.Validation;


namespace EmbeddedLog.Producing;

/// <summary>
/// One producer's way into one partition: appends, and keeps account of what it appended that is not durable yet.
/// </summary>
/// <remarks>
/// Appends are counted in an account. To follow up is the role of one waiter at a time: it waits on the log's list for
/// the flush of what was counted, takes that off the account, and waits again while there is more. So room comes back,
/// and a flush that fails is noticed, though nobody awaits it. A record that is awaited is on that list anyway, and
/// takes the role along where it is free.
/// </remarks>
internal sealed class PartitionSender : OffsetWaiter
{
    private readonly ProducerCore _producer;

    /// <summary>What was appended.</summary>
    private readonly AppendAccount _account = new();

    /// <summary>Of that, the bytes that are durable or lost; written by the role's holder, read by everyone.</summary>
    private long _settled;

    /// <summary>What was counted when this was put on the log's list; only the role's holder uses it.</summary>
    private long _watched;

    /// <summary>
    /// Why records that were not durable are lost; written once by the role's holder, before they settle.
    /// </summary>
    private PartitionFailedException? _failure;

    /// <summary>One when somebody was told of the failure; exchanged.</summary>
    private int _told;

    public PartitionSender(ProducerCore producer, PartitionLog log)
    {
        _producer = producer;
        Log = log;
    }

    /// <summary>The partition.</summary>
    public PartitionLog Log { get; }

    /// <summary>Whether something was appended that is not known to be durable.</summary>
    private bool HasUnsettled
    {
        get
        {
            // In this order: if both are equal, all that was counted when the second was read had settled before.
            long settled = Volatile.Read(ref _settled);
            return _account.Bytes != settled;
        }
    }

    /// <summary>Appends a record and counts it.</summary>
    /// <param name="raw">The record.</param>
    /// <param name="size">What it measures; if the producer has a window, room was taken there.</param>
    /// <param name="appended">Where it stands. Passed down to here, for each copy of it costs as much as all that
    /// computes it.</param>
    public void Append(in RawRecord raw, in RecordSize size, out RecordMetadata appended)
    {
        long offset, timestamp;
        try
        {
            offset = Log.Append(raw, size, out timestamp, _account);
        }
        catch (PartitionFailedException)
        {
            TryTell();
            throw;
        }

        Follow();
        appended = MetadataOf(offset, timestamp);
    }

    /// <summary>Appends a record, counts it, and has it flushed for somebody who waits for that.</summary>
    /// <param name="raw">The record.</param>
    /// <param name="size">What it measures; room was taken in the window.</param>
    /// <param name="pending">Who waits. Not released where this throws.</param>
    public void Append(in RawRecord raw, in RecordSize size, PendingAppend pending)
    {
        try
        {
            Log.Append(raw, size, pending, _account);
        }
        catch (PartitionFailedException)
        {
            TryTell();
            throw;
        }
    }

    /// <summary>What was counted so far. All of it was published before the call.</summary>
    public long CountedBytes => _account.Bytes;

    /// <summary>Where a record stands that was appended.</summary>
    public RecordMetadata MetadataOf(long offset, long timestamp)
    {
        TopicPartition id = Log.Id;
        return new RecordMetadata(id.Topic, id.Partition, offset, UnixTime.ToDateTimeOffset(timestamp));
    }

    /// <summary>
    /// Takes the role if it is free. Who has it calls <see cref="EndFollowing"/> once what was counted up to its record
    /// is durable or lost.
    /// </summary>
    public bool TryFollow() => !_account.IsFollowed && _account.TryFollow();

    /// <summary>
    /// Settles what was counted up to a record that was followed up, and passes the role on. Only by its holder.
    /// </summary>
    /// <param name="counted">What was counted up to the record.</param>
    /// <param name="failure">Why it never will be durable; null where it is.</param>
    public void EndFollowing(long counted, Exception? failure)
    {
        if (failure is not null)
        {
            SettleLost(failure);
        }
        else if (counted > _settled)
        {
            // Whoever had the role before may have settled more.
            Settle(counted);
        }

        if (!TryWatch())
        {
            LeaveRole();
            Follow();
        }
    }

    /// <summary>Appends a batch and counts it; returns the first offset.</summary>
    public long Append(RecordBatch batch, out long timestamp)
    {
        long offset;
        try
        {
            offset = Log.Append(batch, out timestamp, _account);
        }
        catch (PartitionFailedException)
        {
            TryTell();
            throw;
        }

        Follow();
        return offset;
    }

    /// <summary>Asks for a flush if there is something to flush; what it makes durable settles by itself.</summary>
    public void RequestFlush()
    {
        if (HasUnsettled)
        {
            Log.RequestFlush();
        }
    }

    /// <summary>Waits until everything counted before the call is durable.</summary>
    /// <exception cref="PartitionFailedException">Some of it never will be.</exception>
    public ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        // All that was counted was published before. What others have published since costs no flush of its own.
        if (HasUnsettled)
        {
            return Log.FlushAsync(Log.PublishedEnd, cancellationToken);
        }

        return Volatile.Read(ref _failure) is { } failure
            ? ValueTask.FromException(Copy(failure))
            : ValueTask.CompletedTask;
    }

    /// <summary>The same, but blocks the calling thread.</summary>
    /// <exception cref="PartitionFailedException">Some of it never will be.</exception>
    public void Flush()
    {
        if (HasUnsettled)
        {
            Log.Flush(Log.PublishedEnd);
        }
        else if (Volatile.Read(ref _failure) is { } failure)
        {
            throw Copy(failure);
        }
    }

    /// <summary>Marks a failure of this partition as told; false if it was before.</summary>
    public bool TryTell() => Interlocked.Exchange(ref _told, 1) == 0;

    /// <summary>A failure that cost records and that nobody was told of, which marks it as told; else null.</summary>
    public PartitionFailedException? TakeUntold() =>
        Volatile.Read(ref _failure) is { } failure && TryTell() ? Copy(failure) : null;

    /// <inheritdoc/>
    public override void Release(Exception? failure) => EndFollowing(_watched, failure);

    /// <summary>One that is thrown by one thread alone: the log's own is shared by all who wait.</summary>
    private static PartitionFailedException Copy(PartitionFailedException failure) =>
        new(failure.Message, failure.InnerException) { Topic = failure.Topic, Partition = failure.Partition };

    /// <summary>Takes the role if it is free and there is something to follow up.</summary>
    private void Follow()
    {
        while (!_account.IsFollowed && HasUnsettled && _account.TryFollow())
        {
            if (TryWatch())
            {
                return;
            }

            LeaveRole();
        }
    }

    private void LeaveRole() => Log.Writer.Leave(_account);

    /// <summary>
    /// Settles what can be, and waits on the log's list for the rest, which passes the role on to
    /// <see cref="Release"/>; false where nothing is left. Only by the role's holder.
    /// </summary>
    private bool TryWatch()
    {
        while (true)
        {
            long appended = _account.Bytes;
            if (appended == _settled)
            {
                return false;
            }

            // Read after the count, so that it lies behind all that was counted.
            long end = Log.PublishedEnd;
            if (Log.DurableEnd >= end)
            {
                Settle(appended);
            }
            else if (Log.Failure is { } failure)
            {
                SettleLost(failure);
            }
            else
            {
                Watch(appended, end);
                return true;
            }
        }
    }

    private void Watch(long appended, long end)
    {
        _watched = appended;
        Target = end;
        Log.AddFlushWaiter(this);

        // From here on somebody else may have the role. A flush that was asked for before this was on the list may end
        // below the target, so where somebody waits for room it is asked for again. The fence: either this sees them
        // in the queue, or they ask after this was added.
        Interlocked.MemoryBarrier();
        if (_producer.Window is { HasQueue: true })
        {
            Log.RequestFlush();
        }
    }

    private void SettleLost(Exception reason)
    {
        // A log that was disposed has flushed all or has failed; only the latter loses anything.
        if ((Log.Failure ?? reason) is PartitionFailedException failure && _failure is null)
        {
            Volatile.Write(ref _failure, failure);
            if (Volatile.Read(ref _told) == 0)
            {
                _producer.NoteUntold();
            }
        }

        Settle(_account.Bytes);
    }

    private void Settle(long bytes)
    {
        long freed = bytes - _settled;
        Volatile.Write(ref _settled, bytes);
        _producer.Window?.Release(freed);
    }
}

using EmbeddedLog.Concurrency.Waiters;
using EmbeddedLog.Partitions;
using EmbeddedLog.Partitions.Appending;

namespace EmbeddedLog.Producing;

/// <summary>
/// One producer's sender to one partition: appends, and counts the appended bytes that are not durable yet.
/// </summary>
/// <remarks>
/// An account counts the appends. One waiter at a time follows up: it waits on the log's list for the flush of the
/// counted bytes, takes them off the account, and waits again while there are more. This frees room, and finds failed
/// flushes that no caller awaits. An awaited record is on that list anyway, and takes this role if it is free.
/// </remarks>
internal sealed class PartitionSender : OffsetWaiter
{
    private readonly ProducerCore _producer;

    /// <summary>The appended bytes.</summary>
    private readonly AppendAccount _account = new();

    /// <summary>
    /// The part of them that is durable or lost; written by the holder of the role, read by any thread.
    /// </summary>
    private long _settled;

    /// <summary>The count when this was added to the log's list; only for the holder of the role.</summary>
    private long _watched;

    /// <summary>
    /// Why records that were not durable are lost; written once by the holder of the role, before they settle.
    /// </summary>
    private PartitionFailedException? _failure;

    /// <summary>One once the failure was reported; exchanged.</summary>
    private int _told;

    public PartitionSender(ProducerCore producer, PartitionLog log)
    {
        _producer = producer;
        Log = log;
    }

    /// <summary>The partition.</summary>
    public PartitionLog Log { get; }

    /// <summary>Whether appended records are not known to be durable.</summary>
    private bool HasUnsettled
    {
        get
        {
            // In this order: if both are equal, everything counted at the second read had settled before.
            long settled = Volatile.Read(ref _settled);
            return _account.Bytes != settled;
        }
    }

    /// <summary>Appends a record and counts it.</summary>
    /// <param name="raw">The record.</param>
    /// <param name="size">The record's sizes; if the producer has a window, the room was taken before.</param>
    /// <param name="appended">The record's position. Passed by reference, because each copy costs as much as computing
    /// it.</param>
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

    /// <summary>Appends and counts a record, and requests its flush for a waiter.</summary>
    /// <param name="raw">The record.</param>
    /// <param name="size">The record's sizes; the room was taken before.</param>
    /// <param name="pending">The waiter. Not released if this throws.</param>
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

    /// <summary>The count so far. All counted records were published before the call.</summary>
    public long CountedBytes => _account.Bytes;

    /// <summary>The position of an appended record.</summary>
    public RecordMetadata MetadataOf(long offset, long timestamp)
    {
        TopicPartition id = Log.Id;
        return new RecordMetadata
        {
            Topic = id.Topic,
            Partition = id.Partition,
            Offset = offset,
            UnixMilliseconds = timestamp,
        };
    }

    /// <summary>
    /// Takes the role if it is free. Its holder calls <see cref="EndFollowing"/> once everything counted up to its
    /// record is durable or lost.
    /// </summary>
    public bool TryFollow() => !_account.IsFollowed && _account.TryFollow();

    /// <summary>Settles everything counted up to a record, and passes the role on. Only by its holder.</summary>
    /// <param name="counted">The count up to the record.</param>
    /// <param name="failure">Why it will never be durable; null if it is.</param>
    public void EndFollowing(long counted, Exception? failure)
    {
        if (failure is not null)
        {
            SettleLost(failure);
        }
        else if (counted > _settled)
        {
            // The previous holder may have settled more.
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

    /// <summary>Requests a flush if there is something to flush; its records settle without further calls.</summary>
    public void RequestFlush()
    {
        if (HasUnsettled)
        {
            Log.RequestFlush();
        }
    }

    /// <summary>Waits until everything counted before the call is durable.</summary>
    /// <exception cref="PartitionFailedException">Some of it will never be durable.</exception>
    public ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        // All counted records were published before. Later ones of other threads need no extra flush.
        if (HasUnsettled)
        {
            return Log.FlushAsync(Log.PublishedEnd, cancellationToken);
        }

        return Volatile.Read(ref _failure) is { } failure
            ? ValueTask.FromException(Copy(failure))
            : ValueTask.CompletedTask;
    }

    /// <summary>As <see cref="FlushAsync"/>, but blocks the calling thread.</summary>
    /// <exception cref="PartitionFailedException">Some of it will never be durable.</exception>
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

    /// <summary>Marks a failure of this partition as reported; false if it was before.</summary>
    public bool TryTell() => Interlocked.Exchange(ref _told, 1) == 0;

    /// <summary>A failure that lost records and was not reported, marked as reported by this; else null.</summary>
    public PartitionFailedException? TakeUntold() =>
        Volatile.Read(ref _failure) is { } failure && TryTell() ? Copy(failure) : null;

    /// <inheritdoc/>
    public override void Release(Exception? failure) => EndFollowing(_watched, failure);

    /// <summary>A copy for one throwing thread: the log's exception is shared by all waiters.</summary>
    private static PartitionFailedException Copy(PartitionFailedException failure) =>
        new(failure.Message, failure.InnerException) { Topic = failure.Topic, Partition = failure.Partition };

    /// <summary>Takes the role if it is free and something is not settled.</summary>
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
    /// Settles what is durable, and waits on the log's list for the rest, which passes the role to
    /// <see cref="Release"/>; false if nothing is left. Only by the holder of the role.
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

            // Read after the count, so that it is at or after everything counted.
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

        // From now on another thread may have the role. A flush requested before this was on the list may end below the
        // target; if senders wait for room, it is requested again. The fence: either this thread sees them in the
        // queue, or they request a flush after this was added.
        Interlocked.MemoryBarrier();
        if (_producer.Window is { HasQueue: true })
        {
            Log.RequestFlush();
        }
    }

    private void SettleLost(Exception reason)
    {
        // A disposed log has flushed everything or has failed; only a failure loses records.
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

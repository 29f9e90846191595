using System.Runtime.CompilerServices;
using EmbeddedLog.Concurrency;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Partitions;
using EmbeddedLog.Partitions.Appending;
using EmbeddedLog.Producing.Encoding;

namespace EmbeddedLog.Producing;

/// <summary>What a producer does once its records are bytes. All members are safe to call from any thread.</summary>
/// <remarks>
/// The failure policy: a failed append fails the call that asked for it, and costs nothing else. A failed flush fails
/// those who wait for it; and as it may have lost records that nobody waits for, some call tells it: the next one, or
/// disposal. Disposal repeats nothing that was told, so as not to hide what else went wrong.
/// </remarks>
internal sealed class ProducerCore : IDisposable, IAsyncDisposable
{
    // Over 400 lines: the awaited and the blocking way of each step stand side by side, over the same senders.
    private readonly LogUsers _users;
    private readonly Topic _topic;
    private readonly Lock _growing = new();

    /// <summary>
    /// One for each partition. Replaced as a whole by a longer one, under <see cref="_growing"/>; read by every call.
    /// </summary>
    private PartitionSender[] _senders;

    /// <summary>
    /// The topic's state for which there are senders. Written after them, under <see cref="_growing"/>; read by every
    /// call.
    /// </summary>
    private Topic.State? _seen;
    private readonly ObjectPool<PendingSend> _pending;
    private readonly ObjectPool<RecordBatch> _batches = BatchSend.CreatePool();

    /// <summary>
    /// Whether a failure waits to be told; set by whoever follows up a flush, reset by who looks for it.
    /// </summary>
    private int _untold;

    /// <summary>Exchanged once, by the first disposal; read by every call.</summary>
    private int _disposed;

    /// <param name="topic">The topic.</param>
    /// <param name="work">Wakes who waits.</param>
    /// <param name="users">What the log's closing disposes.</param>
    /// <param name="durability">What a record has survived when it is acknowledged.</param>
    /// <param name="maxInFlightBytes">The bound of what is appended and not flushed, if that is awaited.</param>
    public ProducerCore(
        Topic topic,
        WorkQueue work,
        LogUsers users,
        Durability durability,
        long maxInFlightBytes)
    {
        _users = users;
        _topic = topic;
        _pending = PendingSend.CreatePool(work);
        Window = durability == Durability.Flushed
            ? new InFlightWindow(work, maxInFlightBytes)
            : null;
        _senders = [];
        Grow();

        // What waits for room, or for a flush, refers to a sender, and that to this.
        _users.AddProducer(this);
    }

    /// <summary>The bound of what is in flight; null where records are acknowledged when written.</summary>
    public InFlightWindow? Window { get; }

    /// <summary>Whether the producer was disposed, or is being.</summary>
    public bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    /// <summary>
    /// How many partitions there are for a send that begins now. Partitions are only added, so that each below this
    /// number has a sender from then on.
    /// </summary>
    public int PartitionCount
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            // In this order: what is seen was seen after there were senders for it.
            return ReferenceEquals(Volatile.Read(ref _seen), _topic.Current) ? _senders.Length : Grow();
        }
    }

    /// <summary>Throws if the producer was disposed, or if a flush failed that nobody was told of.</summary>
    public void ThrowIfUnusable()
    {
        if ((Volatile.Read(ref _disposed) | Volatile.Read(ref _untold)) != 0)
        {
            ThrowUnusable();
        }
    }

    /// <summary>Notes that a flush failed that nobody was told of: closing the log tells it, if nobody else.</summary>
    public void NoteUntold()
    {
        _users.Keep(this);
        Volatile.Write(ref _untold, 1);
        if (Volatile.Read(ref _disposed) != 0)
        {
            // Perhaps before it was kept, so that the disposal could not let go of it.
            _users.Remove(this);
        }
    }

    /// <summary>A failure that cost records and that nobody was told of, which marks it as told; else null.</summary>
    public PartitionFailedException? TakeUntold()
    {
        // Reset first: a failure that is noted from here on is looked for by the next call.
        if (Interlocked.Exchange(ref _untold, 0) == 0)
        {
            return null;
        }

        foreach (PartitionSender sender in _senders)
        {
            if (sender.TakeUntold() is { } failure)
            {
                // There may be more than one.
                NoteUntold();
                return failure;
            }
        }

        return null;
    }

    /// <summary>Appends a record unless the window is full.</summary>
    public bool TrySend(in EncodedRecord record, out RecordMetadata written)
    {
        PartitionSender sender = _senders[record.Partition];
        if (Window is { } window && !window.TryTake(record.FrameBytes))
        {
            CheckBeforeWaiting(sender, record);
            written = default;
            return false;
        }

        Append(sender, record, out written);
        return true;
    }

    /// <summary>
    /// Appends a record, if need be once there is room, and waits for the flush if that is asked for.
    /// </summary>
    public ValueTask<RecordMetadata> SendAsync(in EncodedRecord record, CancellationToken cancellationToken)
    {
        PartitionSender sender = _senders[record.Partition];
        if (Window is not { } window)
        {
            sender.Append(record.Raw, record.Size, out RecordMetadata appended);
            return new ValueTask<RecordMetadata>(appended);
        }

        if (!window.TryTake(record.FrameBytes))
        {
            CheckBeforeWaiting(sender, record);
            return _pending.Rent().WaitForRoom(sender, window, record, cancellationToken);
        }

        try
        {
            return _pending.Rent().Send(sender, record, cancellationToken);
        }
        catch
        {
            window.Release(record.FrameBytes);
            throw;
        }
    }

    /// <summary>The same, but blocks the calling thread, which is woken without the pool.</summary>
    public RecordMetadata Send(in EncodedRecord record)
    {
        PartitionSender sender = _senders[record.Partition];
        if (Window is { } window && !window.TryTake(record.FrameBytes))
        {
            CheckBeforeWaiting(sender, record);
            BlockForRoom(window, record.FrameBytes);
        }

        Append(sender, record, out RecordMetadata appended);
        if (Window is not null)
        {
            try
            {
                sender.Log.Flush(appended.Offset + 1);
            }
            catch (PartitionFailedException)
            {
                sender.TryTell();
                throw;
            }
        }

        return appended;
    }

    /// <summary>Begins a batch.</summary>
    public BatchSend CreateBatch() => new(_batches);

    /// <summary>Adds a record to a batch.</summary>
    public void Add(BatchSend batch, in EncodedRecord record) => batch.Add(_senders[record.Partition], record.Raw);

    /// <summary>Appends a batch, if need be once there is room, and waits for the flush if that is asked for.</summary>
    public async ValueTask<RecordMetadata[]> SendAsync(BatchSend batch, CancellationToken cancellationToken)
    {
        batch.Check();
        long bytes = batch.FrameBytes;
        if (Window is null)
        {
            batch.Append();
        }
        else if (Window.TryTake(bytes))
        {
            Window.Release(bytes - batch.Append());
        }
        else
        {
            await Window.EnqueueAsync(bytes, batch.Append, cancellationToken).ConfigureAwait(false);
        }

        batch.ThrowIfFailed();
        RecordMetadata[] metadata = batch.Metadata();
        if (Window is not null)
        {
            FlushWait wait = new();
            foreach (BatchPart part in batch.Parts)
            {
                wait.Add(part.Sender, part.Sender.Log.FlushAsync(part.EndOffset, cancellationToken));
            }

            batch.Return();
            await wait.WaitAsync(untoldOnly: false).ConfigureAwait(false);
        }
        else
        {
            batch.Return();
        }

        return metadata;
    }

    /// <summary>Waits for room; false where the producer was disposed meanwhile.</summary>
    public ValueTask<bool> WaitForRoomAsync(CancellationToken cancellationToken)
    {
        ValueTask room = Window?.WaitAsync(cancellationToken) ?? ValueTask.CompletedTask;
        return room.IsCompletedSuccessfully ? ValueTask.FromResult(!IsDisposed) : AwaitAsync(room);

        async ValueTask<bool> AwaitAsync(ValueTask waiting)
        {
            await waiting.ConfigureAwait(false);
            return !IsDisposed;
        }
    }

    /// <summary>Waits until all that was sent before the call is durable.</summary>
    public async ValueTask FlushAsync(bool untoldOnly, CancellationToken cancellationToken)
    {
        if (Window is { HasQueue: true })
        {
            // A place behind all who wait for room: when its turn has come, they are appended.
            await Window.EnqueueAsync(0, null, cancellationToken).ConfigureAwait(false);
        }

        FlushWait wait = new();
        foreach (PartitionSender sender in _senders)
        {
            wait.Add(sender, sender.FlushAsync(cancellationToken));
        }

        await wait.WaitAsync(untoldOnly).ConfigureAwait(false);
    }

    /// <summary>The same, but blocks the calling thread, which is woken without the pool.</summary>
    public void Flush(bool untoldOnly)
    {
        if (Window is { HasQueue: true } window)
        {
            BlockForRoom(window, 0);
        }

        FlushWait wait = new();
        PartitionSender[] senders = _senders;
        senders[0].Log.EnterBlocked();
        try
        {
            // All are asked for first, so that they are made side by side.
            Array.ForEach(senders, static sender => sender.RequestFlush());
            Array.ForEach(senders, sender => wait.Run(sender, static one => one.Flush(), untoldOnly));
        }
        finally
        {
            senders[0].Log.LeaveBlocked();
        }

        wait.ThrowIfFailed();
    }

    /// <inheritdoc cref="DisposeAsync"/>
    public void Dispose()
    {
        if (!TryEnd())
        {
            return;
        }

        if (Window is not null)
        {
            Flush(untoldOnly: true);
        }

        if (TakeUntold() is { } failure)
        {
            throw failure;
        }
    }

    /// <summary>Ends the use of the producer: flushes, where that is what records are acknowledged by.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!TryEnd())
        {
            return;
        }

        if (Window is not null)
        {
            await FlushAsync(untoldOnly: true, CancellationToken.None).ConfigureAwait(false);
        }

        if (TakeUntold() is { } failure)
        {
            throw failure;
        }
    }

    /// <summary>Makes senders for partitions that were added, and returns how many there are.</summary>
    private int Grow()
    {
        lock (_growing)
        {
            Topic.State topic = _topic.Current;
            OwnedPartition[] partitions = topic.Partitions;
            PartitionSender[] senders = _senders;
            if (senders.Length < partitions.Length)
            {
                senders =
                [
                    .. senders,
                    .. partitions.Skip(senders.Length).Select(partition => new PartitionSender(this, partition.Log)),
                ];

                // First: who waits for room asks for the flushes of all who have taken some.
                Window?.Senders = senders;
                Volatile.Write(ref _senders, senders);
            }

            Volatile.Write(ref _seen, topic);

            return senders.Length;
        }
    }

    /// <summary>Lets no call begin any more; false where that was done before.</summary>
    private bool TryEnd()
    {
        bool first = Interlocked.Exchange(ref _disposed, 1) == 0;
        if (first)
        {
            _users.Remove(this);
        }

        return first;
    }

    private void BlockForRoom(InFlightWindow window, long bytes)
    {
        // The flush that brings the room must not wait for this thread, should it be one of the pool's.
        _senders[0].Log.EnterBlocked();
        try
        {
            window.Block(bytes);
        }
        finally
        {
            _senders[0].Log.LeaveBlocked();
        }
    }

    private static void CheckBeforeWaiting(PartitionSender sender, in EncodedRecord record)
    {
        // What can never be appended is told at once.
        PartitionLog log = sender.Log;
        AppendRules.CheckSize(log.Id, log.Settings, record.Size.ContentBytes);
    }

    private void Append(PartitionSender sender, in EncodedRecord record, out RecordMetadata appended)
    {
        if (Window is null)
        {
            sender.Append(record.Raw, record.Size, out appended);
        }
        else
        {
            AppendOrRelease(sender, Window, record, out appended);
        }
    }

    /// <summary>Appends a record that has room in the window, and gives the room back if that fails.</summary>
    private static void AppendOrRelease(
        PartitionSender sender, InFlightWindow window, in EncodedRecord record, out RecordMetadata appended)
    {
        try
        {
            sender.Append(record.Raw, record.Size, out appended);
        }
        catch
        {
            window.Release(record.FrameBytes);
            throw;
        }
    }

    private void ThrowUnusable()
    {
        if (IsDisposed)
        {
            throw new ObjectDisposedException(
                "Producer",
                $"The producer of topic '{_senders[0].Log.Id.Topic}' was disposed. Create another one to go on.");
        }

        if (TakeUntold() is { } failure)
        {
            throw failure;
        }
    }
}

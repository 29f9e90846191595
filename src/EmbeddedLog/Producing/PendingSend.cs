using System.Threading.Tasks.Sources;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Partitions.Appending;
using EmbeddedLog.Producing.Encoding;

namespace EmbeddedLog.Producing;

/// <summary>
/// An awaited record: it may wait for room in the window, then for the flush. Reused, so that sending allocates nothing
/// in steady state. The continuation runs on the work queue, on no caller's stack.
/// </summary>
internal sealed class PendingSend : PendingAppend, IRoomWaiter, IValueTaskSource<RecordMetadata>
{
    /// <summary>
    /// Values of <see cref="_stage"/>: waits for room, is or was appended, was cancelled before that.
    /// </summary>
    private const int Queued = 0, Sent = 1, Cancelled = 2;

    /// <summary>Instances beyond this number are not pooled.</summary>
    private const int MaxPooled = 8192;

    private readonly ObjectPool<PendingSend> _pool;

    private PartitionSender? _sender;

    /// <summary>The window in which the record waits for room; null if it had room at once.</summary>
    private InFlightWindow? _window;

    /// <summary>The record while it waits for room.</summary>
    private CopiedRecord _copy;

    /// <summary>Changed once from <see cref="Queued"/>, atomically, by its turn or by the token.</summary>
    private int _stage;

    /// <summary>The count of the sender's account up to this record. Set before the append.</summary>
    private long _counted;

    /// <summary>
    /// Whether this follows up the sender's account. Written before it is on the log's list, and by the thread that
    /// releases it from there.
    /// </summary>
    private bool _follows;

    /// <summary>The token of a record that had room at once; registered after the append.</summary>
    private CancellationToken _token;

    private PendingSend(WorkQueue work, ObjectPool<PendingSend> pool)
        : base(work)
    {
        _pool = pool;
        QueueNode = new LinkedListNode<IRoomWaiter>(this);
    }

    /// <summary>Makes a pool of them.</summary>
    public static ObjectPool<PendingSend> CreatePool(WorkQueue work) =>
        new(MaxPooled, pool => new PendingSend(work, pool));

    /// <inheritdoc/>
    public long Bytes { get; private set; }

    /// <inheritdoc/>
    public LinkedListNode<IRoomWaiter> QueueNode { get; }

    /// <inheritdoc/>
    public bool IsCancelled => Volatile.Read(ref _stage) == Cancelled;

    /// <summary>
    /// Appends a record that has room, and waits for its flush. The room is free again if this throws.
    /// </summary>
    public ValueTask<RecordMetadata> Send(
        PartitionSender sender, in EncodedRecord record, CancellationToken cancellationToken)
    {
        _sender = sender;
        _stage = Sent;
        _token = cancellationToken;
        Bytes = record.FrameBytes;
        ValueTask<RecordMetadata> task = new(this, Version);
        try
        {
            Append(record.Raw, record.Size);
        }
        catch
        {
            Recycle();
            throw;
        }

        return task;
    }

    /// <summary>Waits for room for a record, appends it, and waits for its flush.</summary>
    public ValueTask<RecordMetadata> WaitForRoom(
        PartitionSender sender, InFlightWindow window, in EncodedRecord record, CancellationToken cancellationToken)
    {
        _sender = sender;
        _window = window;
        _stage = Queued;
        _copy.Set(record.Raw);
        Bytes = record.FrameBytes;
        ValueTask<RecordMetadata> task = new(this, Version);
        CancelWith(cancellationToken);
        window.Enqueue(this);
        return task;
    }

    /// <inheritdoc/>
    public long TakeTurn()
    {
        if (Interlocked.CompareExchange(ref _stage, Sent, Queued) != Queued)
        {
            _copy.Clear();
            return 0;
        }

        long bytes = Bytes;
        try
        {
            RawRecord raw = _copy.Raw;
            Append(raw, RecordSize.Of(raw));
            return bytes;
        }
#pragma warning disable CA1031 // It goes to whoever awaits the record.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _copy.Clear();
            End(failure);
            return 0;
        }
    }

    /// <inheritdoc/>
    public override void NoteAppended(long offset, long timestamp)
    {
        _copy.Clear();
        Result = _sender!.MetadataOf(offset, timestamp);
        _follows = _sender.TryFollow();
        CancelWith(_token);
    }

    /// <inheritdoc/>
    public override IThreadPoolWorkItem? ReleaseAmongMany(Exception? failure)
    {
        if (_follows)
        {
            // Also if the token was faster: other waiters depend on this.
            _follows = false;
            _sender!.EndFollowing(_counted, failure);
        }

        return TryEnd(failure);
    }

    RecordMetadata IValueTaskSource<RecordMetadata>.GetResult(short token)
    {
        ThrowIfPending(token, "The record is still on its way");
        PartitionSender sender = _sender!;
        try
        {
            return TakeResult(token);
        }
        catch (PartitionFailedException)
        {
            sender.TryTell();
            throw;
        }
        finally
        {
            Recycle();
        }
    }

    /// <inheritdoc/>
    protected override void Cancel(CancellationToken token)
    {
        bool wasQueued = Interlocked.CompareExchange(ref _stage, Cancelled, Queued) == Queued;
        End(new OperationCanceledException(token));
        if (wasQueued)
        {
            _window!.Leave(this);
        }
    }

    /// <summary>Appends the record. From now on this may be in use again, unless it throws.</summary>
    private void Append(in RawRecord raw, in RecordSize size)
    {
        // Everything counted so far is before this record, and durable when the record is.
        _counted = _sender!.CountedBytes + Bytes;
        _sender.Append(raw, size, this);
    }

    private void Recycle()
    {
        // If the token's callback has run or is about to, this may still be on a list or in the queue.
        if (TryReset())
        {
            _token = default;
            _sender = null;
            _window = null;
            _pool.Return(this);
        }
    }
}

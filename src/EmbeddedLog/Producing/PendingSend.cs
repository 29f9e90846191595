using System.Threading.Tasks.Sources;
using EmbeddedLog.Concurrency.Waiters;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Partitions;
using EmbeddedLog.Partitions.Appending;
using EmbeddedLog.Producing.Encoding;

namespace EmbeddedLog.Producing;

/// <summary>
/// A record on its way, whose sender awaits it: first, perhaps, for room in the window, then for the flush. Reused, so
/// that sending allocates nothing in steady state. The continuation runs on the work queue, on nobody's stack.
/// </summary>
internal sealed class PendingSend : OffsetWaiter, IRoomWaiter, IValueTaskSource<RecordMetadata>, IThreadPoolWorkItem
{
    /// <summary>Values of <see cref="_stage"/>: waits for room, is or was appended, gave up before that.</summary>
    private const int Queued = 0, Sent = 1, Cancelled = 2;

    private readonly WorkQueue _work;
    private readonly PendingSendPool _pool;

    private ManualResetValueTaskSourceCore<RecordMetadata> _core;
    private PartitionSender? _sender;

    /// <summary>Where the record waits for room; null if it did not have to.</summary>
    private InFlightWindow? _window;

    /// <summary>The record while it waits for room.</summary>
    private CopiedRecord _copy;

    /// <summary>Where the record stands; written before it waits for the flush.</summary>
    private RecordMetadata _metadata;

    /// <summary>Changed once from <see cref="Queued"/>, atomically, by its turn or by the token.</summary>
    private int _stage;

    /// <summary>One when it is complete; the one who exchanged it sets the outcome.</summary>
    private int _completed;

    /// <summary>Set before the work item is queued, read by it.</summary>
    private Exception? _failure;

    private CancellationTokenRegistration _registration;

    /// <summary>Whether the token has called, perhaps already while it was asked to; then this is not reused.</summary>
    private bool _tokenCalled;

    public PendingSend(WorkQueue work, PendingSendPool pool)
    {
        _work = work;
        _pool = pool;
        QueueNode = new LinkedListNode<IRoomWaiter>(this);
    }

    /// <inheritdoc/>
    public long Bytes { get; private set; }

    /// <inheritdoc/>
    public LinkedListNode<IRoomWaiter> QueueNode { get; }

    /// <inheritdoc/>
    public bool IsCancelled => Volatile.Read(ref _stage) == Cancelled;

    /// <summary>Waits for the flush of a record that was appended.</summary>
    public ValueTask<RecordMetadata> WaitForFlush(
        PartitionSender sender, in RecordMetadata appended, CancellationToken cancellationToken)
    {
        _sender = sender;
        _stage = Sent;
        ValueTask<RecordMetadata> task = new(this, _core.Version);
        CancelWith(cancellationToken);
        AwaitFlush(appended);
        return task;
    }

    /// <summary>Waits for room for a record, in which it is appended, and then for its flush.</summary>
    public ValueTask<RecordMetadata> WaitForRoom(
        PartitionSender sender, InFlightWindow window, in EncodedRecord record, CancellationToken cancellationToken)
    {
        _sender = sender;
        _window = window;
        _stage = Queued;
        _copy.Set(record.Raw);
        Bytes = record.FrameBytes;
        ValueTask<RecordMetadata> task = new(this, _core.Version);
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
        RecordMetadata appended;
        try
        {
            RawRecord raw = _copy.Raw;
            _sender!.Append(raw, RecordSize.Of(raw), out appended);
        }
#pragma warning disable CA1031 // It goes to whoever awaits the record.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _copy.Clear();
            Release(failure);
            return 0;
        }

        _copy.Clear();
        AwaitFlush(appended);
        return bytes;
    }

    /// <inheritdoc/>
    public override void Release(Exception? failure)
    {
        if (ReleaseAmongMany(failure) is { } item)
        {
            _work.Queue(item);
        }
    }

    /// <inheritdoc/>
    public override IThreadPoolWorkItem? ReleaseAmongMany(Exception? failure)
    {
        if (Interlocked.Exchange(ref _completed, 1) != 0)
        {
            return null;
        }

        _failure = failure;
        return this;
    }

    void IThreadPoolWorkItem.Execute()
    {
        if (_failure is null)
        {
            _core.SetResult(_metadata);
        }
        else
        {
            _core.SetException(_failure);
        }
    }

    RecordMetadata IValueTaskSource<RecordMetadata>.GetResult(short token)
    {
        // Asked for too early, or a second time, this throws here, and does not reach the pool.
        if (_core.GetStatus(token) == ValueTaskSourceStatus.Pending)
        {
            throw new InvalidOperationException("The record is still on its way: await it, or take AsTask() to block.");
        }

        PartitionSender sender = _sender!;
        try
        {
            return _core.GetResult(token);
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

    ValueTaskSourceStatus IValueTaskSource<RecordMetadata>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<RecordMetadata>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void AwaitFlush(in RecordMetadata appended)
    {
        _metadata = appended;
        PartitionLog log = _sender!.Log;
        Target = appended.Offset + 1;
        log.AddFlushWaiter(this);

        // From here on this may be in use again. The round that is asked for, or one before it, has released it.
        log.RequestFlush();
    }

    /// <summary>Before it is on any list, so that nothing has to be done to it once it may be in use again.</summary>
    private void CancelWith(CancellationToken cancellationToken) =>
        _registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((PendingSend)state!).Cancel(token), this);

    private void Cancel(CancellationToken token)
    {
        Volatile.Write(ref _tokenCalled, true);
        bool wasQueued = Interlocked.CompareExchange(ref _stage, Cancelled, Queued) == Queued;
        Release(new OperationCanceledException(token));
        if (wasQueued)
        {
            _window!.Leave(this);
        }
    }

    private void Recycle()
    {
        // If the token has called, or is about to, this may still be on a list or in the queue, and is left to the
        // collector.
        bool mayCall = _registration.Token.CanBeCanceled && !_registration.Unregister();
        if (mayCall || Volatile.Read(ref _tokenCalled))
        {
            return;
        }

        _core.Reset();
        _registration = default;
        _sender = null;
        _window = null;
        _metadata = default;
        _failure = null;
        _completed = 0;
        _pool.Return(this);
    }
}

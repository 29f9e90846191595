using System.Threading.Tasks.Sources;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Partitions.Appending;
using EmbeddedLog.Producing.Encoding;

namespace EmbeddedLog.Producing;

/// <summary>
/// A record on its way, whose sender awaits it: first, perhaps, for room in the window, then for the flush. Reused, so
/// that sending allocates nothing in steady state. The continuation runs on the work queue, on nobody's stack.
/// </summary>
internal sealed class PendingSend : PendingAppend, IRoomWaiter, IValueTaskSource<RecordMetadata>, IThreadPoolWorkItem
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

    /// <summary>What the sender's account says up to this record. Set before it is appended.</summary>
    private long _counted;

    /// <summary>
    /// Whether this follows the sender's account up. Written before it is on the log's list, and by who releases it
    /// from there.
    /// </summary>
    private bool _follows;

    /// <summary>The token of a record that did not have to wait for room; registered once it is appended.</summary>
    private CancellationToken _token;

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

    /// <summary>Appends a record that has room, and waits for its flush. It is free again where this throws.</summary>
    public ValueTask<RecordMetadata> Send(
        PartitionSender sender, in EncodedRecord record, CancellationToken cancellationToken)
    {
        _sender = sender;
        _stage = Sent;
        _token = cancellationToken;
        Bytes = record.FrameBytes;
        ValueTask<RecordMetadata> task = new(this, _core.Version);
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
            Complete(failure);
            return 0;
        }
    }

    /// <inheritdoc/>
    public override void NoteAppended(long offset, long timestamp)
    {
        _copy.Clear();
        _metadata = _sender!.MetadataOf(offset, timestamp);
        _follows = _sender.TryFollow();
        if (_token.CanBeCanceled)
        {
            CancelWith(_token);
        }
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
        if (_follows)
        {
            // Also where the token was faster: others rely on it.
            _follows = false;
            _sender!.EndFollowing(_counted, failure);
        }

        return TryComplete(failure) ? this : null;
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

    /// <summary>Appends the record. From here on this may be in use again, unless it throws.</summary>
    private void Append(in RawRecord raw, in RecordSize size)
    {
        // What is counted now lies before this record, so that both are durable when the record is.
        _counted = _sender!.CountedBytes + Bytes;
        _sender.Append(raw, size, this);
    }

    private bool TryComplete(Exception? failure)
    {
        bool first = Interlocked.Exchange(ref _completed, 1) == 0;
        if (first)
        {
            _failure = failure;
        }

        return first;
    }

    private void Complete(Exception failure)
    {
        if (TryComplete(failure))
        {
            _work.Queue(this);
        }
    }

    /// <summary>Before it is on any list, so that nothing has to be done to it once it may be in use again.</summary>
    private void CancelWith(CancellationToken cancellationToken) =>
        _registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((PendingSend)state!).Cancel(token), this);

    private void Cancel(CancellationToken token)
    {
        Volatile.Write(ref _tokenCalled, true);
        bool wasQueued = Interlocked.CompareExchange(ref _stage, Cancelled, Queued) == Queued;
        Complete(new OperationCanceledException(token));
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
        _token = default;
        _sender = null;
        _window = null;
        _metadata = default;
        _failure = null;
        _completed = 0;
        _pool.Return(this);
    }
}

using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Producing;

/// <summary>A place in the queue for room, for rare work.</summary>
internal sealed class RoomTurn : IRoomWaiter, IThreadPoolWorkItem
{
    private readonly InFlightWindow _window;
    private readonly WorkQueue _work;

    /// <summary>The work of the turn; null for none.</summary>
    private readonly Func<long>? _onTurn;

    /// <summary>Completed by a work item, so that continuations run there and on no caller's stack.</summary>
    private readonly TaskCompletionSource _done = new();

    /// <summary>
    /// Zero while it waits; changed once, atomically, to one for its turn or to two for its cancellation.
    /// </summary>
    private int _stage;

    /// <summary>The token that can end the waiting.</summary>
    private CancellationToken _token;

    private CancellationTokenRegistration _registration;

    public RoomTurn(InFlightWindow window, WorkQueue work, long bytes, Func<long>? onTurn)
    {
        _window = window;
        _work = work;
        _onTurn = onTurn;
        Bytes = bytes;
        QueueNode = new LinkedListNode<IRoomWaiter>(this);
    }

    /// <inheritdoc/>
    public long Bytes { get; }

    /// <inheritdoc/>
    public LinkedListNode<IRoomWaiter> QueueNode { get; }

    /// <inheritdoc/>
    public bool IsCancelled => Volatile.Read(ref _stage) == 2;

    /// <summary>Completes when the turn is over.</summary>
    public Task Task => _done.Task;

    /// <summary>Lets a token end the waiting. Call once, before it queues up.</summary>
    public void CancelWith(CancellationToken cancellationToken)
    {
        _token = cancellationToken;
        _registration = cancellationToken.UnsafeRegister(static state => ((RoomTurn)state!).Cancel(), this);
    }

    /// <inheritdoc/>
    public long TakeTurn()
    {
        if (Interlocked.CompareExchange(ref _stage, 1, 0) != 0)
        {
            return 0;
        }

        long used = _onTurn?.Invoke() ?? 0;
        _work.Queue(this);
        return used;
    }

    void IThreadPoolWorkItem.Execute()
    {
        _registration.Unregister();
        if (IsCancelled)
        {
            _done.SetCanceled(_token);
        }
        else
        {
            _done.SetResult();
        }
    }

    private void Cancel()
    {
        if (Interlocked.CompareExchange(ref _stage, 2, 0) == 0)
        {
            _work.Queue(this);
            _window.Leave(this);
        }
    }
}

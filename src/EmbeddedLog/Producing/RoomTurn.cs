using EmbeddedLog.IO;

namespace EmbeddedLog.Producing;

/// <summary>A place in the queue for room, for what is not on the path of every record.</summary>
internal sealed class RoomTurn(InFlightWindow window, WorkQueue work, long bytes, Func<long>? onTurn)
    : IRoomWaiter, IThreadPoolWorkItem
{
    /// <summary>Completed by a work item, so that what awaits it runs there and on nobody's stack.</summary>
    private readonly TaskCompletionSource _done = new();

    /// <summary>
    /// Zero while it waits; changed once, atomically, to one for its turn or to two when it gives up.
    /// </summary>
    private int _stage;

    /// <summary>What may end the waiting.</summary>
    private CancellationToken _token;

    private CancellationTokenRegistration _registration;

    /// <inheritdoc/>
    public long Bytes => bytes;

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

        long used = onTurn?.Invoke() ?? 0;
        work.Queue(this);
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
            work.Queue(this);

            // It may stand at the head, before others for whom there is room.
            window.Serve();
        }
    }
}

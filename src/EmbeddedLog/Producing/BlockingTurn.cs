using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Producing;

/// <summary>
/// The place of a blocking thread in the queue for room; the thread is woken when the queue is served.
/// </summary>
internal sealed class BlockingTurn : IRoomWaiter
{
    private readonly BlockingWait _wait = new();

    public BlockingTurn(long bytes)
    {
        Bytes = bytes;
        QueueNode = new LinkedListNode<IRoomWaiter>(this);
    }

    /// <inheritdoc/>
    public long Bytes { get; }

    /// <inheritdoc/>
    public LinkedListNode<IRoomWaiter> QueueNode { get; }

    /// <inheritdoc/>
    public bool IsCancelled => false;

    /// <summary>Lets the thread continue; it owns the room from now on.</summary>
    public long TakeTurn()
    {
        _wait.End();
        return Bytes;
    }

    /// <summary>Blocks until the turn has come.</summary>
    public void Wait(WorkQueue work) => work.Block(_wait);
}

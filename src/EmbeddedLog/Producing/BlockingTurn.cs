using EmbeddedLog.Concurrency.Work;


namespace EmbeddedLog.Producing;

/// <summary>A place in the queue for room of a thread that blocks, and is woken by whoever serves the queue.</summary>
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

    /// <summary>Lets the thread go on; the room is its own from here on.</summary>
    public long TakeTurn()
    {
        _wait.End();
        return Bytes;
    }

    /// <summary>Blocks until the turn has come.</summary>
    public void Wait(WorkQueue work) => work.Block(_wait);
}

namespace EmbeddedLog.Concurrency.Work;

/// <summary>
/// A wait that blocks one thread. The thread that ends the wait wakes it directly, without a thread of the pool. Wait
/// by <see cref="WorkQueue.Block(BlockingWait)"/>.
/// </summary>
internal sealed class BlockingWait
{
    /// <summary>A monitor, because a <see cref="Lock"/> cannot be waited on.</summary>
    private readonly object _gate = new();

    /// <summary>Set once under the gate, read by the thread that waits; reset by it for the next wait.</summary>
    private bool _done;

    /// <summary>Whether the wait is over.</summary>
    public bool IsDone => Volatile.Read(ref _done);

    /// <summary>Ends the wait.</summary>
    public void End()
    {
        lock (_gate)
        {
            Volatile.Write(ref _done, true);
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Blocks until the wait is over.</summary>
    public void Block()
    {
        lock (_gate)
        {
            while (!_done)
            {
                Monitor.Wait(_gate);
            }
        }
    }

    /// <summary>Blocks until the wait is over, or some time has passed.</summary>
    public void Block(TimeSpan longest)
    {
        lock (_gate)
        {
            _ = _done || Monitor.Wait(_gate, longest);
        }
    }

    /// <summary>Prepares the next wait, after the last one was over.</summary>
    public void Reset()
    {
        lock (_gate)
        {
            Volatile.Write(ref _done, false);
        }
    }
}

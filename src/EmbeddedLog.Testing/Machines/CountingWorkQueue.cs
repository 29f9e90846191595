using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Testing.Machines;

/// <summary>Passes work on and knows whether any is under way. Once stopped it drops what comes.</summary>
internal sealed class CountingWorkQueue(WorkQueue inner) : WorkQueue
{
    /// <summary>Items that are queued or run; changed atomically by any thread.</summary>
    private int _open;

    /// <summary>Items that run; changed atomically by any thread.</summary>
    private int _running;

    private volatile bool _isStopped;

    /// <summary>Whether no item is queued or runs.</summary>
    public bool IsIdle => Volatile.Read(ref _open) == 0;

    /// <summary>Whether no item runs.</summary>
    public bool IsQuiet => Volatile.Read(ref _running) == 0;

    public override void Queue(IThreadPoolWorkItem item)
    {
        if (!_isStopped)
        {
            Interlocked.Increment(ref _open);
            inner.Queue(new Item(this, item));
        }
    }

    public override void QueueBlocking(IThreadPoolWorkItem item)
    {
        if (!_isStopped)
        {
            Interlocked.Increment(ref _open);
            inner.QueueBlocking(new Item(this, item));
        }
    }

    public override void Watch(AssuredWork work)
    {
        if (!_isStopped)
        {
            inner.Watch(work);
        }
    }

    public override IDisposable? Reserve(string path) => inner.Reserve(path);

    public override void Block(BlockingWait wait) => inner.Block(wait);

    public override void Block(Task task) => inner.Block(task);

    public override void Pause(TimeSpan time) => inner.Pause(time);

    /// <summary>Begins no item any more.</summary>
    public void Stop() => _isStopped = true;

    private sealed class Item(CountingWorkQueue owner, IThreadPoolWorkItem item) : IThreadPoolWorkItem
    {
        public void Execute()
        {
            Interlocked.Increment(ref owner._running);
            try
            {
                if (!owner._isStopped)
                {
                    item.Execute();
                }
            }
            finally
            {
                Interlocked.Decrement(ref owner._running);
                Interlocked.Decrement(ref owner._open);
            }
        }
    }
}

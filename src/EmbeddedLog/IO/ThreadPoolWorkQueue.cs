namespace EmbeddedLog.IO;

/// <summary>Work on the runtime's thread pool, and on a few threads of our own what would block it.</summary>
internal sealed class ThreadPoolWorkQueue : WorkQueue
{
    public override void Queue(IThreadPoolWorkItem item)
    {
        // The global queue: an item on the local one would wait for a thread that may next block on what the item does.
        // No execution context flows, for the item belongs to the log and not to whoever happened to cause it.
#pragma warning disable RS0030 // This is the seam.
        ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false);
#pragma warning restore RS0030
    }

    public override void QueueWaiting(IThreadPoolWorkItem item) => WaitingThreads.Queue(item);

    public override void Watch(AssuredWork work) => PoolWatch.Watch(work);
}

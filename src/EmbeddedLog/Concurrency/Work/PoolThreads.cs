namespace EmbeddedLog.Concurrency.Work;

/// <summary>The threads of the runtime's pool.</summary>
internal static class PoolThreads
{
    /// <summary>Queues an item.</summary>
    public static void Queue(IThreadPoolWorkItem item)
    {
        try
        {
            // The global queue: an item on the local queue would wait for a thread that may next block on this item. No
            // execution context flows, because the item belongs to the log and not to the caller.
#pragma warning disable RS0030 // This is the seam.
            ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false);
#pragma warning restore RS0030
        }
        catch (Exception failure) when (failure is OutOfMemoryException or ThreadStartException)
        {
            // The system gives the pool no other thread. The item is queued at that point, so an existing thread will
            // run it. To queue it again would run it twice.
        }
    }
}

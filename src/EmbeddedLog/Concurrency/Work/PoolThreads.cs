namespace EmbeddedLog.Concurrency.Work;

/// <summary>The threads of the runtime's pool.</summary>
internal static class PoolThreads
{
    /// <summary>Hands an item to them.</summary>
    public static void Queue(IThreadPoolWorkItem item)
    {
        try
        {
            // The global queue: an item on the local one would wait for a thread that may next block on what the item
            // does. No execution context flows, for the item belongs to the log and not to whoever caused it.
#pragma warning disable RS0030 // This is the seam.
            ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false);
#pragma warning restore RS0030
        }
        catch (Exception failure) when (failure is OutOfMemoryException or ThreadStartException)
        {
            // The pool wanted another thread for it, and the system gives none. That is tried when the item is queued:
            // the threads that there are will run it, and to queue it again would run it twice.
        }
    }
}

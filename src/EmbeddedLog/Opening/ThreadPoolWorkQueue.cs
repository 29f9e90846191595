using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.IO;

namespace EmbeddedLog.Opening;

/// <summary>Work on the runtime's thread pool, and blocking work on a few threads of our own.</summary>
internal sealed class ThreadPoolWorkQueue : WorkQueue
{
    /// <summary>Longer than the life of the timer that makes the runtime start its thread.</summary>
    private static readonly TimeSpan s_never = TimeSpan.FromHours(1);

    public override void Queue(IThreadPoolWorkItem item) => PoolThreads.Queue(item);

    public override void QueueBlocking(IThreadPoolWorkItem item) => BlockingThreads.Queue(item);

    public override void Watch(AssuredWork work) => PoolWatch.Watch(work);

    public override IDisposable Reserve(string path)
    {
        if (!BlockingThreads.TryReserve())
        {
            throw NoThread(path);
        }

        try
        {
            // The runtime has one thread for all timers, and makes it for the first timer that is set.
            TimeProvider.System.CreateTimer(static _ => { }, null, s_never, Timeout.InfiniteTimeSpan).Dispose();
            return new Reservation();
        }
        catch (Exception failure) when (failure is OutOfMemoryException or ThreadStartException)
        {
            BlockingThreads.Release();
            throw NoThread(path);
        }
    }

    private static FileSystemException NoThread(string path) => new(
        "start of a thread for the log", path, FileSystemError.TooManyFiles, 0, "the system gives no thread");

    private sealed class Reservation : IDisposable
    {
        /// <summary>One once it was disposed; exchanged.</summary>
        private int _disposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                BlockingThreads.Release();
            }
        }
    }
}

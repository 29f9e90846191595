namespace EmbeddedLog.Concurrency.Work;

/// <summary>
/// Runs work away from the caller's stack. No item runs before <see cref="Queue"/> has returned to a caller that holds
/// a lock, so queueing is safe under any lock.
/// </summary>
internal abstract class WorkQueue
{
    /// <summary>
    /// Runs <paramref name="item"/> soon, elsewhere. Items must not throw; order between items is undefined.
    /// </summary>
    public abstract void Queue(IThreadPoolWorkItem item);

    /// <summary>
    /// The same for an item that waits for the disk together with others: not on a thread that the program needs.
    /// </summary>
    public virtual void QueueBlocking(IThreadPoolWorkItem item) => Queue(item);

    /// <summary>Makes sure that due work begins, even if all threads of the queue are blocked.</summary>
    public virtual void Watch(AssuredWork work)
    {
    }

    /// <summary>
    /// Reserves, for an opening log, the threads that a process without handles could not make: one for assured work,
    /// and the runtime's for timers. They stay until the result is disposed; null if nothing is needed.
    /// </summary>
    /// <param name="path">The log's directory, for the message.</param>
    /// <exception cref="IOException">The system gives no thread.</exception>
    public virtual IDisposable? Reserve(string path) => null;

    /// <summary>Blocks the calling thread until a wait is over. The wait must not need a thread of the queue.</summary>
    public virtual void Block(BlockingWait wait) => wait.Block();

    /// <summary>The same until a task has ended, however it ends.</summary>
    public virtual void Block(Task task) =>
        task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult();

    /// <summary>Blocks the calling thread for some time.</summary>
    public virtual void Pause(TimeSpan time) => new BlockingWait().Block(time);
}

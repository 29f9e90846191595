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
    /// The same for an item that will wait for the disk while others do: not on a thread that the program needs.
    /// </summary>
    public virtual void QueueBlocking(IThreadPoolWorkItem item) => Queue(item);

    /// <summary>Sees to it that work which has become due is begun, whoever holds the threads of the queue.</summary>
    public virtual void Watch(AssuredWork work)
    {
    }

    /// <summary>
    /// Gets now, for a log that is opened, what cannot be got while the process has no handles left: a thread for what
    /// others wait for, and the runtime's for timers. Until what is returned is disposed; null where nothing is needed.
    /// </summary>
    /// <param name="path">The log's directory, for the message.</param>
    /// <exception cref="IOException">The system gives none.</exception>
    public virtual IDisposable? Reserve(string path) => null;

    /// <summary>Blocks the calling thread until a wait is over, which may need none of the queue's threads.</summary>
    public virtual void Block(BlockingWait wait) => wait.Block();

    /// <summary>The same until a task has ended, however it ends.</summary>
    public virtual void Block(Task task) =>
        task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult();

    /// <summary>Blocks the calling thread for some time.</summary>
    public virtual void Pause(TimeSpan time) => new BlockingWait().Block(time);
}

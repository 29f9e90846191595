namespace EmbeddedLog.Concurrency.Waiters;

/// <summary>Waits until an end of the partition reaches an offset. On one list at a time.</summary>
internal abstract class OffsetWaiter
{
    /// <summary>The awaited end. Set before the waiter is added, and unchanged while it is on a list.</summary>
    public long Target { get; set; }

    /// <summary>Neighbours and place on the list. Used by the list only, under its gate.</summary>
    internal OffsetWaiter? Before { get; set; }

    /// <inheritdoc cref="Before"/>
    internal OffsetWaiter? After { get; set; }

    /// <inheritdoc cref="Before"/>
    internal int Place { get; set; } = WaiterList.Nowhere;

    /// <summary>
    /// Called once, outside all locks but on the caller's stack, so it must only queue work, or wake a thread. The
    /// argument is null if the end was reached, and the reason if it never will be.
    /// </summary>
    public abstract void Release(Exception? failure);

    /// <summary>
    /// Called when all waiters of one release were released, for a waiter that goes on on the caller's stack. It may be
    /// in use again by then.
    /// </summary>
    public virtual void Resume()
    {
    }

    /// <summary>
    /// The same as <see cref="Release"/> for one of many waiters that are released at once: returns the work item
    /// instead of queueing it, or null if there is none.
    /// </summary>
    public virtual IThreadPoolWorkItem? ReleaseAmongMany(Exception? failure)
    {
        Release(failure);
        return null;
    }
}

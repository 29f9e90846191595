namespace EmbeddedLog.Concurrency.Waiters;

/// <summary>Somebody who waits for an end of the partition to reach an offset. On one list at a time.</summary>
internal abstract class OffsetWaiter
{
    /// <summary>The end that is waited for. Set before the waiter is added, and kept while it is on a list.</summary>
    public long Target { get; set; }

    /// <summary>Neighbours and place on the list, for that alone and under its gate.</summary>
    internal OffsetWaiter? Before { get; set; }

    /// <inheritdoc cref="Before"/>
    internal OffsetWaiter? After { get; set; }

    /// <inheritdoc cref="Before"/>
    internal int Place { get; set; } = WaiterList.Nowhere;

    /// <summary>
    /// Called once, off any lock but on the caller's stack, so it must only queue work, or wake a thread: with null
    /// when the end was reached, with the reason when it never will be.
    /// </summary>
    public abstract void Release(Exception? failure);

    /// <summary>
    /// Called after all who were released together, for one that wants to go on on the caller's stack. It may be in use
    /// again by then.
    /// </summary>
    public virtual void Resume()
    {
    }

    /// <summary>
    /// The same as <see cref="Release"/> for one of many who are released at once: returns the work instead of queueing
    /// it, or null where there is none.
    /// </summary>
    public virtual IThreadPoolWorkItem? ReleaseAmongMany(Exception? failure)
    {
        Release(failure);
        return null;
    }
}

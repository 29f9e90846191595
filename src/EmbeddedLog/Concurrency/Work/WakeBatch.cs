namespace EmbeddedLog.Concurrency.Work;

/// <summary>
/// Many work items as one: to queue each by itself costs more than most of them do. They run one after the other, on as
/// many threads as the queue has free.
/// </summary>
internal sealed class WakeBatch : IThreadPoolWorkItem
{
    /// <summary>The number of items between two reports of progress.</summary>
    private const int ItemsADelay = 32;

    private readonly WorkQueue _work;
    private readonly IThreadPoolWorkItem[] _items;
    private readonly AssuredWork? _then;

    /// <summary>The next item to run. Taken by increments, by any thread.</summary>
    private int _next;

    private WakeBatch(WorkQueue work, IThreadPoolWorkItem[] items, AssuredWork? then)
    {
        _work = work;
        _items = items;
        _then = then;
    }

    /// <summary>Queues the items, in their order.</summary>
    /// <param name="work">Where.</param>
    /// <param name="items">The items.</param>
    /// <param name="then">
    /// Queued when the last item begins to run, or after a moment if all threads of the queue are blocked.
    /// </param>
    /// <returns>Whether <paramref name="then"/> will be queued; false for a few items.</returns>
    public static bool Queue(WorkQueue work, List<IThreadPoolWorkItem> items, AssuredWork? then)
    {
        const int MinBatch = 4;
        if (items.Count >= MinBatch)
        {
            then?.Arm();
            work.Queue(new WakeBatch(work, [.. items], then));
            return then is not null;
        }

        foreach (IThreadPoolWorkItem item in items)
        {
            work.Queue(item);
        }

        return false;
    }

    void IThreadPoolWorkItem.Execute()
    {
        // Before the first item: a woken continuation may block, even on a later item, and another thread must then run
        // the rest.
        if (Volatile.Read(ref _next) < _items.Length - 1)
        {
            _work.Queue(this);
        }

        for (int i = Take(); i < _items.Length; i = Take())
        {
            if (i == _items.Length - 1)
            {
                _then?.QueueIfDue();
            }
            else if (i % ItemsADelay == 0)
            {
                // If the pool gets little processor time, waking takes long, and a round for half of the woken waiters
                // would waste a flush.
                _then?.Delay();
            }

            _items[i].Execute();
        }
    }

    private int Take() => Interlocked.Increment(ref _next) - 1;
}

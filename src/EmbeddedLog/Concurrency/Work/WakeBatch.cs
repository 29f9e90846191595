
namespace EmbeddedLog.Concurrency.Work;

/// <summary>
/// Many items as one of the work queue: queueing each by itself costs more than what most of them do. They run one
/// after the other on as many threads as the queue has to spare.
/// </summary>
internal sealed class WakeBatch : IThreadPoolWorkItem
{
    /// <summary>How often, in items, it is told that they make progress.</summary>
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
    /// What to queue when the last of them begins to run, or, where the queue's threads are all held, after a moment.
    /// </param>
    /// <returns>Whether <paramref name="then"/> will be queued; not where there are only a few items.</returns>
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
        // Before the first: what an item wakes may block, even on what a later one does, and then another thread must
        // go on with the rest.
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
                // Where the pool gets little of the processors, waking takes long, and a round for half of those who
                // are woken would be a poor one.
                _then?.Delay();
            }

            _items[i].Execute();
        }
    }

    private int Take() => Interlocked.Increment(ref _next) - 1;
}

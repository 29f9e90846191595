using EmbeddedLog.Concurrency.Work;


namespace EmbeddedLog.Concurrency;

/// <summary>
/// Does like things side by side, each of which waits for the disk: flushes that are asked for together share what the
/// file system writes for them.
/// </summary>
internal sealed class WorkLanes : IThreadPoolWorkItem
{
    /// <summary>Few, since each blocks a thread; eight were no faster than two where it was measured.</summary>
    private const int MaxLanes = 4;

    /// <summary>So few things are not worth another lane.</summary>
    private const int ItemsPerLane = 8;

    private readonly int _count;
    private readonly Action<int> _item;

    /// <summary>
    /// Completed by the last lane. The caller's continuation runs there, in the work queue's item, under no lock.
    /// </summary>
    private readonly TaskCompletionSource _done = new();

    /// <summary>The next thing to do; taken by each lane with <see cref="Interlocked"/>.</summary>
    private int _next;

    /// <summary>
    /// The lanes that have begun and not ended; with <see cref="Interlocked"/>. The caller's is among them from the
    /// start, so at zero all is done, and lanes that never came to a thread are not waited for.
    /// </summary>
    private int _lanes = 1;

    /// <summary>The first failure, after which nothing more is begun. Set once, by whichever lane was first.</summary>
    private Exception? _failure;

    private WorkLanes(int count, Action<int> item)
    {
        _count = count;
        _item = item;
    }

    /// <summary>
    /// Calls <paramref name="item"/> once for each number below <paramref name="count"/>, from this thread and from
    /// items of the work queue, as far as that has threads for them. A few are all done by this thread. When one call
    /// throws, no others are begun, and what it threw is thrown when those under way have ended.
    /// </summary>
    public static Task RunAsync(WorkQueue work, int count, Action<int> item)
    {
        WorkLanes lanes = new(count, item);
        for (int more = Math.Min(count / ItemsPerLane, MaxLanes) - 1; more > 0; more--)
        {
            work.Queue(lanes);
        }

        lanes.Run();
        return lanes._done.Task;
    }

    /// <summary>Another lane, unless all is done.</summary>
    public void Execute()
    {
        int lanes = Volatile.Read(ref _lanes);
        while (lanes > 0)
        {
            int seen = Interlocked.CompareExchange(ref _lanes, lanes + 1, lanes);
            if (seen == lanes)
            {
                Run();
                return;
            }

            lanes = seen;
        }
    }

    private void Run()
    {
        try
        {
            while (Volatile.Read(ref _failure) is null && Interlocked.Increment(ref _next) - 1 is var i && i < _count)
            {
                _item(i);
            }
        }
        catch (Exception failure)
        {
            Interlocked.CompareExchange(ref _failure, failure, null);
        }

        if (Interlocked.Decrement(ref _lanes) > 0)
        {
            return;
        }

        if (_failure is { } first)
        {
            _done.SetException(first);
        }
        else
        {
            _done.SetResult();
        }
    }
}

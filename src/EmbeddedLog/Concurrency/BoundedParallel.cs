using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Concurrency;

/// <summary>
/// Runs similar calls side by side, each of which waits for the disk. Flushes at the same time share writes of the file
/// system.
/// </summary>
internal sealed class BoundedParallel : IThreadPoolWorkItem
{
    /// <summary>Few, since each blocks a thread. Eight were measured to be no faster than two.</summary>
    private const int MaxWorkers = 4;

    /// <summary>The calls for which another worker is worth its cost.</summary>
    private const int ItemsPerWorker = 8;

    private readonly int _count;
    private readonly Action<int> _item;

    /// <summary>
    /// Completed by the last worker. The caller's continuation runs there, in the work queue's item, under no lock.
    /// </summary>
    private readonly TaskCompletionSource _done = new();

    /// <summary>The next number; taken by each worker with <see cref="Interlocked"/>.</summary>
    private int _next;

    /// <summary>
    /// The running workers; changed with <see cref="Interlocked"/>. The caller counts from the start, so all calls are
    /// over at zero, and workers that have not got a thread are not waited for.
    /// </summary>
    private int _workers = 1;

    /// <summary>The first failure, after which no more calls begin. Set once, by the worker that has it.</summary>
    private Exception? _failure;

    private BoundedParallel(int count, Action<int> item)
    {
        _count = count;
        _item = item;
    }

    /// <summary>
    /// Calls <paramref name="item"/> once for each number below <paramref name="count"/>, from this thread and from
    /// items of the work queue, as far as that has threads. This thread makes a few calls by itself. When a call
    /// throws, no others begin, and its exception is thrown when those under way have ended.
    /// </summary>
    public static Task RunAsync(WorkQueue work, int count, Action<int> item)
    {
        BoundedParallel workers = new(count, item);
        for (int more = Math.Min(count / ItemsPerWorker, MaxWorkers) - 1; more > 0; more--)
        {
            work.Queue(workers);
        }

        workers.Run();
        return workers._done.Task;
    }

    /// <summary>Runs as another worker, unless all calls are over.</summary>
    public void Execute()
    {
        int workers = Volatile.Read(ref _workers);
        while (workers > 0)
        {
            int seen = Interlocked.CompareExchange(ref _workers, workers + 1, workers);
            if (seen == workers)
            {
                Run();
                return;
            }

            workers = seen;
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

        if (Interlocked.Decrement(ref _workers) > 0)
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

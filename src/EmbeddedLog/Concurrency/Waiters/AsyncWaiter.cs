using System.Threading.Tasks.Sources;
using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Concurrency.Waiters;

/// <summary>A waiter that is awaited as a task.</summary>
internal sealed class AsyncWaiter : AwaitedWaiter<bool>, IValueTaskSource
{
    /// <summary>Beyond this many, waiters are left to the collector.</summary>
    private const int MaxPooled = 8192;

    /// <summary>The pool to which the waiter returns; null for one that is used once.</summary>
    private readonly ObjectPool<AsyncWaiter>? _pool;

    /// <summary>Runs the continuation even if the pool is blocked; null for a user's wait.</summary>
    private readonly AssuredWork? _assured;

    /// <summary>The list it waits on; set before it is added.</summary>
    private WaiterList? _list;

    private AsyncWaiter(WorkQueue work, ObjectPool<AsyncWaiter> pool)
        : base(work) => _pool = pool;

    private AsyncWaiter(WorkQueue work)
        : base(work) => _assured = new AssuredWork(work, this);

    /// <summary>Creates a pool of waiters.</summary>
    public static ObjectPool<AsyncWaiter> CreatePool(WorkQueue work) =>
        new(MaxPooled, pool => new AsyncWaiter(work, pool));

    /// <summary>
    /// A waiter for the log's own work, which a closing waits for. It goes on even if all threads of the pool are
    /// blocked.
    /// </summary>
    public static AsyncWaiter Assured(WorkQueue work) => new(work);

    /// <summary>Adds the waiter to a list, from which <paramref name="token"/> can take it again.</summary>
    /// <param name="list">The list.</param>
    /// <param name="target">The awaited end.</param>
    /// <param name="token">Ends the waiting.</param>
    /// <returns>The task to await, once.</returns>
    public ValueTask AddTo(WaiterList list, long target, CancellationToken token)
    {
        ValueTask task = new(this, Version);
        Target = target;
        _list = list;
        CancelWith(token);
        list.Add(this);
        if (token.IsCancellationRequested)
        {
            list.Remove(this);
        }

        return task;
    }

    /// <inheritdoc/>
    public override IThreadPoolWorkItem? ReleaseAmongMany(Exception? failure)
    {
        IThreadPoolWorkItem? item = base.ReleaseAmongMany(failure);
        if (item is null || _assured is not { } assured)
        {
            return item;
        }

        assured.Queue();
        return null;
    }

    void IValueTaskSource.GetResult(short token)
    {
        ThrowIfPending(token, "The wait is not over");
        try
        {
            TakeResult(token);
        }
        finally
        {
            if (TryReset())
            {
                _list = null;
                _pool?.Return(this);
            }
        }
    }

    /// <inheritdoc/>
    protected override void Cancel(CancellationToken token)
    {
        _list!.Remove(this);
        Release(new OperationCanceledException(token));
    }
}

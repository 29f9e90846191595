using System.Threading.Tasks.Sources;
using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Concurrency.Waiters;

/// <summary>
/// A waiter that is awaited. Its continuation runs on the work queue, never on the releasing thread's stack.
/// </summary>
internal sealed class AsyncWaiter : OffsetWaiter, IValueTaskSource, IThreadPoolWorkItem
{
    private readonly WorkQueue _work;

    /// <summary>
    /// Where the waiter goes when it is done; null for one that a token may still call, which is never reused.
    /// </summary>
    private readonly AsyncWaiterPool? _pool;

    /// <summary>
    /// Sees to it that the continuation runs, whoever holds the pool; null where that is the user's affair.
    /// </summary>
    private readonly AssuredWork? _assured;

    private ManualResetValueTaskSourceCore<bool> _core;

    /// <summary>Set once by whoever releases, before the item is queued; read by the item.</summary>
    private Exception? _failure;

    /// <summary>Zero while pending; the one who changes it to one releases.</summary>
    private int _released;

    private CancellationTokenRegistration _registration;

    internal AsyncWaiter(WorkQueue work, AsyncWaiterPool? pool)
    {
        _work = work;
        _pool = pool;
    }

    private AsyncWaiter(WorkQueue work)
        : this(work, pool: null)
    {
        _assured = new AssuredWork(work, this);
    }

    /// <summary>
    /// One for the log's own work, which a closing waits for: it goes on even where all threads of the pool are held.
    /// </summary>
    public static AsyncWaiter Assured(WorkQueue work, long target) => new(work) { Target = target };

    /// <summary>The task to await, once.</summary>
    public ValueTask Task => new(this, _core.Version);

    /// <summary>Adds the waiter to a list, from which <paramref name="token"/> can take it again.</summary>
    public void AddTo(WaiterList list, CancellationToken token)
    {
        // Registered first: once the waiter is on the list it can be done before the registration is known, which would
        // then stay for as long as the token lives.
        if (token.CanBeCanceled)
        {
            _registration = token.UnsafeRegister(
                static (state, token) =>
                {
                    var (waiter, list) = ((AsyncWaiter, WaiterList))state!;
                    list.Remove(waiter);
                    waiter.Release(new OperationCanceledException(token));
                },
                (this, list));
        }

        list.Add(this);
        if (token.IsCancellationRequested)
        {
            list.Remove(this);
        }
    }

    /// <inheritdoc/>
    public override void Release(Exception? failure)
    {
        if (ReleaseAmongMany(failure) is { } item)
        {
            _work.Queue(item);
        }
    }

    /// <inheritdoc/>
    public override IThreadPoolWorkItem? ReleaseAmongMany(Exception? failure)
    {
        if (Interlocked.Exchange(ref _released, 1) != 0)
        {
            return null;
        }

        _failure = failure;
        if (_assured is { } assured)
        {
            assured.Queue();
            return null;
        }

        return this;
    }

    void IThreadPoolWorkItem.Execute()
    {
        if (_failure is null)
        {
            _core.SetResult(true);
        }
        else
        {
            _core.SetException(_failure);
        }
    }

    void IValueTaskSource.GetResult(short token)
    {
        // Asked for too early, or a second time, this throws here, and a waiter in use does not reach the pool.
        if (_core.GetStatus(token) == ValueTaskSourceStatus.Pending)
        {
            throw new InvalidOperationException("The wait is not over: await it, or take AsTask() to block.");
        }

        try
        {
            _core.GetResult(token);
        }
        finally
        {
            _registration.Unregister();
            if (_pool is not null)
            {
                _core.Reset();
                _failure = null;
                _released = 0;
                _pool.Return(this);
            }
        }
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}

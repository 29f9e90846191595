using EmbeddedLog.Concurrency.Work;


namespace EmbeddedLog.Concurrency.Waiters;

/// <summary>Makes and reuses waiters, so that waiting allocates nothing in steady state.</summary>
internal sealed class AsyncWaiterPool
{
    /// <summary>Beyond this many, waiters are left to the collector.</summary>
    private const int MaxPooled = 8192;

    private readonly WorkQueue _work;
    private readonly Lock _gate = new();

    /// <summary>Under the gate.</summary>
    private readonly Stack<AsyncWaiter> _free = new();

    public AsyncWaiterPool(WorkQueue work) => _work = work;

    /// <summary>
    /// A waiter for one use. One that a token may cancel is not from the pool, for the token may call late.
    /// </summary>
    public AsyncWaiter Rent(long target, bool cancellable)
    {
        AsyncWaiter? waiter = null;
        if (!cancellable)
        {
            lock (_gate)
            {
                _free.TryPop(out waiter);
            }
        }

        waiter ??= new AsyncWaiter(_work, cancellable ? null : this);
        waiter.Target = target;
        return waiter;
    }

    internal void Return(AsyncWaiter waiter)
    {
        lock (_gate)
        {
            if (_free.Count < MaxPooled)
            {
                _free.Push(waiter);
            }
        }
    }
}

namespace EmbeddedLog.Storage;

/// <summary>
/// The lock of an append, held for tens of nanoseconds: one interlocked instruction to enter and none to leave, where
/// the runtime's lock needs two, which are a third of an append. Not reentrant and not fair: whoever comes again soon
/// mostly gets it again, with the cache lines still at hand, and those who wait look ever more rarely, then sleep.
/// </summary>
/// <remarks>
/// Who leaves stores that the lock is free and then looks whether somebody sleeps; no fence keeps these two in order.
/// Instead who goes to sleep first says so and then makes every thread of the process pass a fence, so that each of
/// them either has made its store visible, or will see the sleeper.
/// </remarks>
internal sealed class AppendLock
{
    /// <summary>How often a waiting thread looks before it sleeps: some 20 microseconds in all.</summary>
    private const int Looks = 40;

    /// <summary>The most that it pauses between two looks, in units of <see cref="Thread.SpinWait"/>.</summary>
    private const int LongestPause = 32;

    private readonly object _sleep = new();

    /// <summary>One while somebody holds the lock. Taken by an exchange, given back by a store.</summary>
    private int _held;

    /// <summary>How many threads sleep or are about to. Changed by increments; read by who leaves.</summary>
    private int _sleepers;

    /// <summary>Enters, after waiting if need be; leave by disposing what is returned.</summary>
    public Scope Enter()
    {
        if (Interlocked.CompareExchange(ref _held, 1, 0) != 0)
        {
            EnterContended();
        }

        return new Scope(this);
    }

    private bool TryEnter() => Volatile.Read(ref _held) == 0 && Interlocked.CompareExchange(ref _held, 1, 0) == 0;

    private void EnterContended()
    {
        while (!TryEnterSpinning() && !TryEnterAfterSleep())
        {
        }
    }

    private bool TryEnterSpinning()
    {
        int pause = 1;
        for (int look = 0; look < Looks && Environment.ProcessorCount > 1; look++)
        {
            Thread.SpinWait(pause);
            pause = Math.Min(2 * pause, LongestPause);
            if (TryEnter())
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Sleeps unless the lock is free; true where it was, and is held now.</summary>
    private bool TryEnterAfterSleep()
    {
        Interlocked.Increment(ref _sleepers);
        Interlocked.MemoryBarrierProcessWide();
        try
        {
            lock (_sleep)
            {
                if (TryEnter())
                {
                    return true;
                }

                Monitor.Wait(_sleep);
                return false;
            }
        }
        finally
        {
            Interlocked.Decrement(ref _sleepers);
        }
    }

    private void Exit()
    {
        Volatile.Write(ref _held, 0);
        if (Volatile.Read(ref _sleepers) != 0)
        {
            Wake();
        }
    }

    private void Wake()
    {
        lock (_sleep)
        {
            Monitor.Pulse(_sleep);
        }
    }

    /// <summary>Holds the lock until it is disposed, once.</summary>
    public readonly ref struct Scope(AppendLock held) : IDisposable
    {
        /// <summary>Leaves.</summary>
        public void Dispose() => held.Exit();
    }
}

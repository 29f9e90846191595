using System.Runtime.CompilerServices;

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

    /// <summary>
    /// One while somebody who was woken is on the way: until then nobody else is woken, or each append would wake one.
    /// Set by who leaves, reset by who was woken.
    /// </summary>
    private int _woken;

    /// <summary>How many threads wait to be pulsed, or were and have not gone on yet. Under the monitor.</summary>
    private int _waiting;

    /// <summary>Enters, after waiting if need be; leave by disposing what is returned.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
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
        while (!TryEnterSpinning())
        {
            if (TryEnterOrSleep())
            {
                return;
            }
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

    /// <summary>
    /// Sleeps unless the lock is free; true where it was, and is held now. Who wakes up looks for a while, and if that
    /// was in vain lets others be woken before it sleeps again.
    /// </summary>
    private bool TryEnterOrSleep()
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

                WaitForPulse();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _sleepers);
        }

        bool entered = TryEnterSpinning();
        Volatile.Write(ref _woken, 0);
        return entered;
    }

    private void WaitForPulse()
    {
        _waiting++;
        try
        {
            Monitor.Wait(_sleep);
            _waiting--;
        }
        catch (ThreadInterruptedException)
        {
            // The pulse may have been for this thread, and must not be lost to the others.
            _waiting--;
            _woken = 0;
            Wake();
            throw;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Exit()
    {
        Volatile.Write(ref _held, 0);
        if (Volatile.Read(ref _sleepers) != 0 && Volatile.Read(ref _woken) == 0)
        {
            Wake();
        }
    }

    private void Wake()
    {
        lock (_sleep)
        {
            // Whoever is about to sleep looks once more first, so that there may be nobody.
            if (_waiting != 0 && _woken == 0)
            {
                _woken = 1;
                Monitor.Pulse(_sleep);
            }
        }
    }

    /// <summary>Holds the lock until it is disposed, once.</summary>
    public readonly ref struct Scope(AppendLock held) : IDisposable
    {
        /// <summary>Leaves.</summary>
        public void Dispose() => held.Exit();
    }
}

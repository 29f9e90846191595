using System.Runtime.CompilerServices;

namespace EmbeddedLog.Partitions.Appending;

/// <summary>
/// The lock of an append, held for tens of nanoseconds: one interlocked instruction to enter and none to leave, while
/// the runtime's lock needs two. Not reentrant and, for a while, not fair: a thread that comes back soon gets it again,
/// with its cache lines, while waiting threads try a few times and then sleep.
/// </summary>
/// <remarks>
/// If threads append without pauses, each change of threads costs as much as tens of appends, and a spinning thread
/// takes the processor that prepares the pages. So a sleeper is woken only after <see cref="Stretch"/> further entries,
/// not by the first exit. If these entries do not come, sleepers wake by themselves: one after a millisecond, the
/// others after as many milliseconds as threads sleep, so that they do not all try at once. A lost wake-up costs no
/// more than that, so no fence orders exits and going to sleep.
/// </remarks>
internal sealed class AppendLock
{
    /// <summary>How often a waiting thread tries before it sleeps: some 5 microseconds in all.</summary>
    private const int Looks = 8;

    /// <summary>The longest pause between two tries, in units of <see cref="Thread.SpinWait"/>.</summary>
    private const int LongestPause = 32;

    /// <summary>Entries between two wake-ups of sleepers: some 60 microseconds of small appends.</summary>
    private const int Stretch = 2000;

    private readonly object _sleep = new();

    /// <summary>One while a thread holds the lock. Taken by an exchange, given back by a store.</summary>
    private int _held;

    /// <summary>How many threads sleep. Changed under the monitor; read by leaving threads.</summary>
    private int _sleepers;

    /// <summary>Entries until the next sleeper is woken. Under the lock.</summary>
    private int _untilWake = Stretch;

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
        bool left = false;
        while (!TryEnterSpinning())
        {
            left = !SleepUntilWoken();
        }

        if (left)
        {
            // No thread appends without pauses any more, it seems, so the next sleeper is woken at once.
            _untilWake = 0;
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

        return TryEnter();
    }

    /// <summary>Sleeps; false if the time-out ended the sleep, not a leaving thread.</summary>
    private bool SleepUntilWoken()
    {
        lock (_sleep)
        {
            _sleepers++;
            try
            {
                return Monitor.Wait(_sleep, millisecondsTimeout: _sleepers);
            }
            finally
            {
                _sleepers--;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Exit()
    {
        bool wake = Volatile.Read(ref _sleepers) != 0 && IsStretchOver();
        Volatile.Write(ref _held, 0);
        if (wake)
        {
            WakeOne();
        }
    }

    private bool IsStretchOver()
    {
        if (--_untilWake >= 0)
        {
            return false;
        }

        _untilWake = Stretch;
        return true;
    }

    /// <summary>
    /// Without a wait: one that is interrupted would throw after the append. Who is not woken wakes by itself.
    /// </summary>
    private void WakeOne()
    {
        if (Monitor.TryEnter(_sleep))
        {
            Monitor.Pulse(_sleep);
            Monitor.Exit(_sleep);
        }
    }

    /// <summary>Holds the lock until it is disposed, once.</summary>
    public readonly ref struct Scope(AppendLock held) : IDisposable
    {
        /// <summary>Leaves.</summary>
        public void Dispose() => held.Exit();
    }
}

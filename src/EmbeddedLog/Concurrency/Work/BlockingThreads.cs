using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace EmbeddedLog.Concurrency.Work;

/// <summary>
/// A few threads for work that mostly waits for the disk. The runtime's pool has one thread for each processor and adds
/// others only after half a second. On two processors only two of many flushes would be under way, and the rest of the
/// program would wait. These threads are made when there is work, and end when there was none for a while.
/// </summary>
/// <remarks>
/// A thread needs file handles, so a process without handles cannot make one. One thread is made when a log is opened,
/// and stays while any log is open. It does all work until other threads can be made again.
/// </remarks>
internal static class BlockingThreads
{
    /// <summary>Twice as many threads did not flush as many files faster.</summary>
    public const int Max = 16;

    private static readonly TimeSpan s_longestIdle = TimeSpan.FromSeconds(5);

    /// <summary>A monitor, because a <see cref="Lock"/> cannot be waited on.</summary>
    private static readonly object s_gate = new();

    /// <summary>Under the gate.</summary>
    private static readonly Queue<IThreadPoolWorkItem> s_work = new();

    /// <summary>The number of threads. Under the gate.</summary>
    private static int s_count;

    /// <summary>How many threads wait for work, or were woken and look for it next. Under the gate.</summary>
    private static int s_idle;

    /// <summary>The number of reservations that keep one thread. Under the gate.</summary>
    private static int s_reserved;

    /// <summary>Whether the last thread could not be made. Under the gate.</summary>
    private static bool s_lacking;

    /// <summary>Runs an item; after others if all threads are at work.</summary>
    public static void Queue(IThreadPoolWorkItem item)
    {
        lock (s_gate)
        {
            AssertInvariants();
            s_work.Enqueue(item);
            Monitor.Pulse(s_gate);
            if (s_idle >= s_work.Count || s_count == Max)
            {
                return;
            }

            s_count++;
        }

        if (!TryStart())
        {
            NoteLacking();
        }
    }

    /// <summary>Makes one thread if there is none. It stays until <see cref="Release"/> was called as often.</summary>
    /// <returns>False if the system gives none; nothing is to be released then.</returns>
    public static bool TryReserve()
    {
        lock (s_gate)
        {
            AssertInvariants();
            s_reserved++;
            if (s_count > 0)
            {
                return true;
            }

            s_count++;
        }

        if (TryStart())
        {
            return true;
        }

        lock (s_gate)
        {
            AssertInvariants();
            s_count--;
            s_reserved--;
        }

        return false;
    }

    /// <summary>Lets the last thread end once it has nothing to do.</summary>
    public static void Release()
    {
        lock (s_gate)
        {
            AssertInvariants();
            s_reserved--;
        }
    }

    private static bool TryStart()
    {
        try
        {
            new Thread(Run) { IsBackground = true, Name = "EmbeddedLog flush" }.UnsafeStart();
            return true;
        }
        catch (Exception failure) when (failure is OutOfMemoryException or ThreadStartException)
        {
            return false;
        }
    }

    /// <summary>Leaves the work to the existing threads; without any, a thread of the pool does it.</summary>
    private static void NoteLacking()
    {
        lock (s_gate)
        {
            AssertInvariants();
            s_lacking = true;
            if (--s_count > 0)
            {
                return;
            }
        }

        PoolThreads.Queue(new Rest());
    }

    private static void Run()
    {
        while (TryTake(out IThreadPoolWorkItem? item, out bool retries))
        {
            if (retries && !TryStart())
            {
                NoteLacking();
            }

            item.Execute();
        }
    }

    /// <param name="item">What to do.</param>
    /// <param name="retries">Whether to try again to make another thread.</param>
    private static bool TryTake([NotNullWhen(true)] out IThreadPoolWorkItem? item, out bool retries)
    {
        retries = false;
        lock (s_gate)
        {
            AssertInvariants();
            while (!s_work.TryDequeue(out item))
            {
                s_idle++;
                bool woken = Monitor.Wait(s_gate, s_longestIdle);
                s_idle--;
                if (!woken && s_work.Count == 0 && (s_count > 1 || s_reserved == 0))
                {
                    s_count--;
                    return false;
                }
            }

            if (s_lacking)
            {
                s_lacking = false;
                retries = s_idle < s_work.Count && s_count < Max;
                s_count += retries ? 1 : 0;
            }

            return true;
        }
    }

    [Conditional("DEBUG")]
    private static void AssertInvariants()
    {
        Debug.Assert(s_count is >= 0 and <= Max, "There are too many threads.");
        Debug.Assert(s_idle >= 0 && s_idle <= s_count, "More threads wait than exist.");
        Debug.Assert(s_reserved >= 0, "More were released than reserved.");
    }

    /// <summary>Does the queued work on a borrowed thread, without waiting for more.</summary>
    private sealed class Rest : IThreadPoolWorkItem
    {
        void IThreadPoolWorkItem.Execute()
        {
            while (TryTakeNow(out IThreadPoolWorkItem? item))
            {
                item.Execute();
            }
        }

        private static bool TryTakeNow([NotNullWhen(true)] out IThreadPoolWorkItem? item)
        {
            lock (s_gate)
            {
                AssertInvariants();
                return s_work.TryDequeue(out item);
            }
        }
    }
}

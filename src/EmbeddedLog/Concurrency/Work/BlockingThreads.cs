using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace EmbeddedLog.Concurrency.Work;

/// <summary>
/// A few threads for work that mostly waits for the disk. The runtime's pool has one thread for each processor and adds
/// others only after half a second, so that of many flushes no more than two would be under way, and those would keep
/// everything else of the program waiting. They are made when there is work and end when there was none for a while.
/// </summary>
/// <remarks>
/// A thread needs file handles, so none can be made while the process has none left. One is made when a log is opened,
/// and stays while any is open: it does by itself what there is to do until others can be made again.
/// </remarks>
internal static class BlockingThreads
{
    /// <summary>With twice as many, flushes of as many files took as long.</summary>
    public const int Max = 16;

    private static readonly TimeSpan s_longestIdle = TimeSpan.FromSeconds(5);

    /// <summary>A monitor's, for a <see cref="Lock"/> cannot be waited on.</summary>
    private static readonly object s_gate = new();

    /// <summary>Under the gate.</summary>
    private static readonly Queue<IThreadPoolWorkItem> s_work = new();

    /// <summary>How many there are. Under the gate.</summary>
    private static int s_count;

    /// <summary>How many of them wait for work, or have been woken and look for it next. Under the gate.</summary>
    private static int s_idle;

    /// <summary>How many want one thread to stay. Under the gate.</summary>
    private static int s_reserved;

    /// <summary>Whether the last one that was wanted could not be made. Under the gate.</summary>
    private static bool s_lacking;

    /// <summary>Runs an item; after others where all threads are at work.</summary>
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

    /// <summary>
    /// Makes one thread if there is none, which stays until <see cref="Release"/> was called as often.
    /// </summary>
    /// <returns>False where the system gives none; nothing is to be released then.</returns>
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

    /// <summary>
    /// Leaves the work to the threads that there are; a thread of the pool does it where there is none.
    /// </summary>
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
    /// <param name="retries">Whether another thread is to be made, which could not be made before.</param>
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
        Debug.Assert(s_idle >= 0 && s_idle <= s_count, "A thread waits that is not there.");
        Debug.Assert(s_reserved >= 0, "More were given up than reserved.");
    }

    /// <summary>Does what is queued, on a thread that is needed for other things: it does not wait for more.</summary>
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

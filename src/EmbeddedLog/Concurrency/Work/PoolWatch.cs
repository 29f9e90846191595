using System.Diagnostics;

namespace EmbeddedLog.Concurrency.Work;

/// <summary>
/// Checks whether the thread pool begins requested work, and gives it to <see cref="BlockingThreads"/> if not: all
/// threads of the pool may be blocked by waiters for this work. One thread, while there is work.
/// </summary>
internal static class PoolWatch
{
    /// <summary>The time that the pool gets: once to twice this.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(25);

    /// <summary>Work that was not requested for so many checks, a second in all, is not watched any more.</summary>
    private const int MaxIdleLooks = 40;

    /// <summary>A monitor, because a <see cref="Lock"/> cannot be waited on.</summary>
    private static readonly object s_gate = new();

    /// <summary>Under the gate.</summary>
    private static readonly List<AssuredWork> s_watched = [];

    /// <summary>The late work. Used by the one thread only.</summary>
    private static readonly List<AssuredWork> s_overdue = [];

    /// <summary>Whether the thread runs. Under the gate.</summary>
    private static bool s_running;

    /// <summary>Begins to watch work, after it became due.</summary>
    public static void Watch(AssuredWork work)
    {
        if (Volatile.Read(ref s_running) && work.IsWatched)
        {
            return;
        }

        lock (s_gate)
        {
            AssertInvariants();
            if (!work.IsWatched)
            {
                work.IsWatched = true;
                work.IdleLooks = 0;
                s_watched.Add(work);
            }

            if (s_running)
            {
                return;
            }

            Volatile.Write(ref s_running, true);
        }

        try
        {
            new Thread(Run) { IsBackground = true, Name = "EmbeddedLog watch" }.UnsafeStart();
        }
        catch (Exception failure) when (failure is OutOfMemoryException or ThreadStartException)
        {
            // The system gives no more threads; the next request tries again. But this may be the last request for
            // long, and all threads of the pool may wait for it, so it is done here.
            lock (s_gate)
            {
                AssertInvariants();
                Volatile.Write(ref s_running, false);
            }

            BlockingThreads.Queue(work);
        }
    }

    private static void Run()
    {
        while (TryLook())
        {
            foreach (AssuredWork work in s_overdue)
            {
                BlockingThreads.Queue(work);
            }

            s_overdue.Clear();
        }
    }

    private static bool TryLook()
    {
        lock (s_gate)
        {
            AssertInvariants();
            Monitor.Wait(s_gate, s_patience);
            for (int i = s_watched.Count - 1; i >= 0; i--)
            {
                AssuredWork work = s_watched[i];
                if (Look(work))
                {
                    s_watched[i] = s_watched[^1];
                    s_watched.RemoveAt(s_watched.Count - 1);
                }
            }

            bool running = s_watched.Count != 0;
            Volatile.Write(ref s_running, running);
            return running;
        }
    }

    /// <summary>Checks one; true if it is not watched any more.</summary>
    private static bool Look(AssuredWork work)
    {
        int requests = work.Requests;
        bool idle = requests == work.SeenRequests;
        work.SeenRequests = requests;
        if (idle && work.IsDue)
        {
            s_overdue.Add(work);
        }

        work.IdleLooks = idle && !work.IsDue ? work.IdleLooks + 1 : 0;
        if (work.IdleLooks < MaxIdleLooks)
        {
            return false;
        }

        // Either a later request sees that it is not watched, or this thread sees that it is due.
        work.IsWatched = false;
        Interlocked.MemoryBarrier();
        work.IsWatched = work.IsDue;
        return !work.IsWatched;
    }

    [Conditional("DEBUG")]
    private static void AssertInvariants() =>
        Debug.Assert(!s_running || s_watched.Count != 0, "The thread watches nothing.");
}

using System.Diagnostics.CodeAnalysis;

namespace EmbeddedLog.IO;

/// <summary>
/// A few threads for work that mostly waits for the disk. The runtime's pool has one thread for each processor and adds
/// others only after half a second, so that of many flushes no more than two would be under way, and those would keep
/// everything else of the program waiting. They are made when there is work and end when there was none for a while.
/// </summary>
internal static class WaitingThreads
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

    /// <summary>Runs an item; after others where all threads are at work.</summary>
    public static void Queue(IThreadPoolWorkItem item)
    {
        lock (s_gate)
        {
            s_work.Enqueue(item);
            Monitor.Pulse(s_gate);
            if (s_idle >= s_work.Count || s_count == Max)
            {
                return;
            }

            s_count++;
        }

        Start();
    }

    private static void Start()
    {
        try
        {
            new Thread(Run) { IsBackground = true, Name = "EmbeddedLog flush" }.UnsafeStart();
        }
        catch (Exception failure) when (failure is OutOfMemoryException or ThreadStartException)
        {
            // The system gives no more threads. The pool's do what is there.
#pragma warning disable RS0030 // This is the seam.
            ThreadPool.UnsafeQueueUserWorkItem(static _ => Run(), null);
#pragma warning restore RS0030
        }
    }

    private static void Run()
    {
        while (TryTake(out IThreadPoolWorkItem? item))
        {
            item.Execute();
        }
    }

    private static bool TryTake([NotNullWhen(true)] out IThreadPoolWorkItem? item)
    {
        lock (s_gate)
        {
            while (!s_work.TryDequeue(out item))
            {
                s_idle++;
                bool woken = Monitor.Wait(s_gate, s_longestIdle);
                s_idle--;
                if (!woken && s_work.Count == 0)
                {
                    s_count--;
                    return false;
                }
            }

            return true;
        }
    }
}

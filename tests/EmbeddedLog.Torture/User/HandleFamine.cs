using System.Runtime.InteropServices;
using EmbeddedLog.Torture.Machine;

namespace EmbeddedLog.Torture.User;

/// <summary>Takes the process's file handles away for moments, by lowering its limit, and restores them.</summary>
internal static partial class HandleFamine
{
    private const int NumberOfFiles = 7;
    private const ulong LeastFiles = 16;

    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_longest = TimeSpan.FromMilliseconds(30);

    /// <summary>Runs until it is stopped; the limit is then restored.</summary>
    public static async Task RunAsync(Random random, CancellationToken stop)
    {
        if (!await WarmUpAsync())
        {
            return;
        }

        Limit before = default;
        Check(GetLimit(NumberOfFiles, ref before));
        try
        {
            while (!stop.IsCancellationRequested)
            {
                await Moment.PassAsync(random.NextDouble() * s_longest, stop);
                Limit none = before with { Soft = LeastFiles };
                Check(SetLimit(NumberOfFiles, ref none));
                await Moment.PassAsync(random.NextDouble() * s_longest, stop);
                Check(SetLimit(NumberOfFiles, ref before));
            }
        }
        catch (OperationCanceledException)
        {
            // The life is over.
        }
        finally
        {
            Check(SetLimit(NumberOfFiles, ref before));
        }
    }

    /// <summary>
    /// Lets the runtime start the threads of its pool and its timers now, and no others later. A thread takes two
    /// handles. If the pool cannot start one, a thread of the pool throws <see cref="OutOfMemoryException"/>, which
    /// cannot be caught, or the pool runs nothing any more.
    /// </summary>
    /// <returns>False if the threads did not start in time because the pool was occupied.</returns>
    private static async Task<bool> WarmUpAsync()
    {
        ThreadPool.GetMinThreads(out int threads, out int ports);
        ThreadPool.SetMaxThreads(threads, ports);
        using CountdownEvent running = new(threads);
        Task[] all =
        [
            .. Enumerable.Range(0, threads).Select(_ => Task.Run(() =>
            {
                running.Signal();
                running.Wait(s_warmUp);
            })),
        ];
        await Task.WhenAll(all);
        await Task.Delay(TimeSpan.FromMilliseconds(1));
        return running.IsSet;
    }

    private static void Check(int result)
    {
        if (result != 0)
        {
            throw new InvalidOperationException($"The limit of open files cannot be changed: {result}.");
        }
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, ref Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, ref Limit limit);

    private record struct Limit(ulong Soft, ulong Hard);
}

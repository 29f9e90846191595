using System.Runtime.InteropServices;
using EmbeddedLog.Torture.Machine;

namespace EmbeddedLog.Torture.User;

/// <summary>Takes the process's file handles away for moments, by its own limit, and gives them back.</summary>
internal static partial class HandleFamine
{
    private const int NumberOfFiles = 7;
    private const ulong LeastFiles = 16;

    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_longest = TimeSpan.FromMilliseconds(30);

    /// <summary>Goes on until it is stopped; the limit is then what it was.</summary>
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
    /// Has the runtime make the threads of its pool and its timers now, and no others later. A thread takes two
    /// handles, and where the pool cannot make one that it wants, a thread of the pool throws
    /// <see cref="OutOfMemoryException"/>, which nobody can catch; or the pool runs nothing any more.
    /// </summary>
    /// <returns>False where it has not made them in time, for the pool was held.</returns>
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

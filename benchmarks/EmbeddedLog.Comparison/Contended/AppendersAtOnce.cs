using System.Diagnostics;

namespace EmbeddedLog.Comparison.Contended;

/// <summary>Lets several threads append at once.</summary>
internal static class AppendersAtOnce
{
    public static IReadOnlyList<int> ProducerCounts { get; } = [1, 2, 8, 64];

    public static IReadOnlyList<int> PartitionCounts { get; } = [1, 8];

    /// <summary>The workload's name.</summary>
    public static string Name(int producers, int partitions) => $"append-contended-{producers}-on-{partitions}";

    /// <summary>Appends a second, from the first thread's start to the last one's end.</summary>
    /// <param name="producers">How many threads.</param>
    /// <param name="scale">How many appends by all of them.</param>
    /// <param name="append">Appends the record of a number, of which each thread has its own.</param>
    public static double Rate(int producers, Scale scale, Action<long> append)
    {
        int each = scale.ContendedAppends / producers;
        using Barrier start = new(producers + 1);
        Thread[] threads = new Thread[producers];
        for (int i = 0; i < threads.Length; i++)
        {
            long first = (long)i * each;
            threads[i] = new Thread(() =>
            {
                start.SignalAndWait();
                for (long number = first; number < first + each; number++)
                {
                    append(number);
                }
            });
            threads[i].Start();
        }

        start.SignalAndWait();
        Stopwatch watch = Stopwatch.StartNew();
        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        return (double)producers * each / watch.Elapsed.TotalSeconds;
    }
}

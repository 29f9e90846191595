using System.Diagnostics;
using System.Globalization;

namespace EmbeddedLog.Benchmarks;

/// <summary>The time and the heap of an opening after the kill of a process with an unflushed gibibyte.</summary>
internal static class RecoveryMeasurement
{
    private const int Rounds = 5;
    private const int ValueBytes = 100;
    private const long TailBytes = 1L << 30;

    /// <summary>The greatest segment divided by the bytes of a record in it.</summary>
    private const long Records = (TailBytes - (1 << 20)) / 136;

    public static async Task RunAsync()
    {
        Console.WriteLine($"{Records:N0} records of {ValueBytes} bytes, none flushed, then a kill; {Rounds} rounds.");
        List<double> seconds = [];
        List<double> heaps = [];
        for (int round = 0; round < Rounds; round++)
        {
            string directory = Path.Combine(AppContext.BaseDirectory, "scratch", Path.GetRandomFileName());
            try
            {
                await AppendInAChildAsync(directory);
                (double took, double heap) = await OpenAsync(directory);
                seconds.Add(took);
                heaps.Add(heap);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"round {round + 1}: {took:F2} s, {heap:F1} MiB of heap at most"));
            }
            finally
            {
                Directory.Delete(directory, recursive: true);
            }
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"medians: {Median(seconds):F2} s, {Median(heaps):F1} MiB"));
    }

    /// <summary>The child process: appends, prints that, and waits for its end.</summary>
    public static async Task AppendAsync(string directory)
    {
        CommitLog log = await CommitLog.OpenAsync(directory);
        TopicOptions options = new() { SegmentBytes = (int)TailBytes, FlushInterval = Timeout.InfiniteTimeSpan };
        Topic topic = await log.CreateTopicAsync("topic", options);
        byte[] value = new byte[ValueBytes];
        for (long i = 0; i < Records; i++)
        {
            topic[0].Append(new RawRecord(value));
        }

        Console.WriteLine(topic[0].DurableOffset);
        await Task.Delay(Timeout.Infinite);
    }

    private static async Task AppendInAChildAsync(string directory)
    {
        string[] host = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
            ? [typeof(RecoveryMeasurement).Assembly.Location]
            : [];
        ProcessStartInfo start = new(Environment.ProcessPath!, [.. host, "recovery-child", directory])
        {
            RedirectStandardOutput = true,
        };
        using Process child = Process.Start(start)!;
        string? durable = await child.StandardOutput.ReadLineAsync();
        child.Kill();
        await child.WaitForExitAsync();
        if (durable != "0")
        {
            throw new InvalidOperationException($"{durable ?? "no"} records were flushed, which were to be none.");
        }
    }

    private static async Task<(double Seconds, double HeapMebibytes)> OpenAsync(string directory)
    {
        GC.Collect();
        using CancellationTokenSource over = new();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        Task<long> highest = Task.Factory.StartNew(
            () => WatchHeap(over.Token), default, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Stopwatch watch = Stopwatch.StartNew();
        await using CommitLog log = await CommitLog.OpenAsync(directory);
        double took = watch.Elapsed.TotalSeconds;
        await over.CancelAsync();
        long end = log.GetTopic("topic")[0].EndOffset;
        return end == Records
            ? (took, (await highest - before) / (double)(1 << 20))
            : throw new InvalidOperationException($"{end} records are there, which were to be {Records}.");
    }

    private static long WatchHeap(CancellationToken over)
    {
        long highest = 0;
        while (!over.WaitHandle.WaitOne(1))
        {
            highest = Math.Max(highest, GC.GetTotalMemory(forceFullCollection: false));
        }

        return highest;
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}

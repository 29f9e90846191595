using System.Diagnostics;
using System.Globalization;

namespace EmbeddedLog.Benchmarks;

/// <summary>
/// What ForEachAsync costs: a handler that does nothing next to the bare loop, and handlers that wait next to loops
/// that wait as long and do nothing else.
/// </summary>
internal static class HandlingMeasurement
{
    private const int Records = 1_000_000;
    private const int Rounds = 9;
    private const int Keys = 1_024;
    private const int AtOnce = 16;
    private const int Waits = 16_000;

    public static async Task RunAsync()
    {
        await MeasureCostAsync();
        await MeasureWaitsAsync();
    }

    private static async Task MeasureCostAsync()
    {
        foreach (int partitions in (int[])[1, 4])
        {
            await using ScratchLog scratch = await FillAsync(partitions, Records);
            (string Name, ForEachOptions? Options)[] ways =
            [
                ("the bare loop", null),
                ("ForEachAsync, order of the partition", new ForEachOptions()),
                ("ForEachAsync, order of each key", new ForEachOptions { OrderBy = ProcessingOrder.Key }),
                ("ForEachAsync, bytes kept for dead letters", new ForEachOptions
                {
                    OnFailure = FailureAction.DeadLetter,
                    DeadLetterTopic = "dead-letters",
                }),
            ];
            List<double>[] costs = [.. ways.Select(_ => new List<double>())];
            List<double>[] more = [.. ways.Select(_ => new List<double>())];
            List<double>[] busy = [.. ways.Select(_ => new List<double>())];
            double[] bytes = new double[ways.Length];
            for (int round = 0; round < Rounds; round++)
            {
                for (int i = 0; i < ways.Length; i++)
                {
                    string group = $"group-{round}-{i}";
                    long before = GC.GetTotalAllocatedBytes(precise: true);
                    TimeSpan used = Environment.CpuUsage.TotalTime;
                    double cost = ways[i].Options is { } options
                        ? await HandleAsync(scratch.Log, group, options)
                        : await ReadAsync(scratch.Log, group);
                    bytes[i] = (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Records;
                    busy[i].Add((Environment.CpuUsage.TotalTime - used).TotalNanoseconds / Records);
                    costs[i].Add(cost);
                    more[i].Add(cost - costs[0][^1]);
                }
            }

            for (int i = 0; i < ways.Length; i++)
            {
                double ratio = Median(costs[i]) / Median(costs[0]);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{partitions} partitions, {ways[i].Name,-42}{Median(costs[i]),6:N0} ns a record, "
                    + $"{Median(more[i]),5:N0} more ({more[i].Min():N0} to {more[i].Max():N0}), {ratio:N1} x, "
                    + $"{Median(busy[i]):N0} ns of the processors, {bytes[i]:N0} bytes allocated"));
            }
        }
    }

    private static async Task<double> ReadAsync(CommitLog log, string group)
    {
        await using Consumer<string, byte[]> consumer = log.CreateConsumer<string, byte[]>("topic", group);
        Stopwatch watch = Stopwatch.StartNew();
        int count = 0;
        await foreach (Record<string, byte[]> _ in consumer.ReadAllAsync())
        {
            if (++count == Records)
            {
                break;
            }
        }

        return watch.Elapsed.TotalNanoseconds / Records;
    }

    private static async Task<double> HandleAsync(CommitLog log, string group, ForEachOptions options)
    {
        await using Consumer<string, byte[]> consumer = log.CreateConsumer<string, byte[]>("topic", group);
        TaskCompletionSource all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenSource stop = new();
        int count = 0;
        Stopwatch watch = Stopwatch.StartNew();
        Task loop = Task.Run(() => consumer.ForEachAsync(
            (_, _) =>
            {
                if (Interlocked.Increment(ref count) == Records)
                {
                    all.SetResult();
                }

                return ValueTask.CompletedTask;
            },
            options,
            stop.Token));
        await all.Task;
        double cost = watch.Elapsed.TotalNanoseconds / Records;
        await stop.CancelAsync();
        await loop.ContinueWith(static _ => { }, TaskScheduler.Default);
        return cost;
    }

    private static async Task MeasureWaitsAsync()
    {
        await using ScratchLog scratch = await FillAsync(partitions: 1, Waits);
        List<double> loops = [];
        List<double> handlers = [];
        List<double> ratios = [];
        for (int round = 0; round < Rounds; round++)
        {
            loops.Add(await WaitInLoopsAsync());
            handlers.Add(await WaitInHandlersAsync(scratch.Log, $"group-{round}"));
            ratios.Add(handlers[^1] / loops[^1]);
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"waits of 1 ms, {AtOnce} at a time: {Median(loops):N0}/s in {AtOnce} loops, {Median(handlers):N0}/s in "
            + $"handlers of one partition in order of each key, {Median(ratios):N2} x ({ratios.Min():N2} to "
            + $"{ratios.Max():N2})"));
    }

    private static async Task<double> WaitInLoopsAsync()
    {
        Stopwatch watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < Waits / AtOnce; i++)
            {
                await Task.Delay(1);
            }
        })));
        return Waits / watch.Elapsed.TotalSeconds;
    }

    private static async Task<double> WaitInHandlersAsync(CommitLog log, string group)
    {
        await using Consumer<string, byte[]> consumer = log.CreateConsumer<string, byte[]>("topic", group);
        TaskCompletionSource all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenSource stop = new();
        int count = 0;
        Stopwatch watch = Stopwatch.StartNew();
        Task loop = consumer.ForEachAsync(
            async (_, token) =>
            {
                await Task.Delay(1, token);
                if (Interlocked.Increment(ref count) == Waits)
                {
                    all.SetResult();
                }
            },
            new ForEachOptions { OrderBy = ProcessingOrder.Key, MaxParallelism = AtOnce },
            stop.Token);
        await all.Task;
        double rate = Waits / watch.Elapsed.TotalSeconds;
        await stop.CancelAsync();
        await loop.ContinueWith(static _ => { }, TaskScheduler.Default);
        return rate;
    }

    /// <summary>A log with records of 100 bytes with many keys, spread over the partitions.</summary>
    private static async Task<ScratchLog> FillAsync(int partitions, int records)
    {
        ScratchLog scratch = await ScratchLog.OpenAsync(new TopicOptions { Partitions = partitions });
        RecordBatch batch = new();
        byte[] value = new byte[100];
        for (int first = 0; first < records; first += 1_000)
        {
            batch.Clear();
            for (int i = first; i < first + 1_000; i++)
            {
                // A prime apart, so that neighbours have different keys.
                string key = (i * 7_919 % Keys).ToString(CultureInfo.InvariantCulture);
                batch.Add(new RawRecord(System.Text.Encoding.UTF8.GetBytes(key), value));
            }

            scratch.Topic[first / 1_000 % partitions].AppendBatch(batch);
        }

        return scratch;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}

using System.Diagnostics;
using System.Globalization;

namespace EmbeddedLog.Benchmarks;

/// <summary>
/// The cost of one wait in nanoseconds, with many others: to add it, to cancel it, to release it. It should not grow
/// with their number.
/// </summary>
internal static class WaitMeasurement
{
    private static readonly int[] s_counts = [10_000, 100_000, 1_000_000];

    public static async Task RunAsync()
    {
        Console.WriteLine("ns a wait:            waits      add  release   cancel");
        foreach (int count in s_counts)
        {
            Print("one offset", count, await MeasureAsync(count, (partition, _) => partition.EndOffset));
            Print("rising offsets", count, await MeasureAsync(count, (partition, i) => partition.EndOffset + i));
            Print("falling offsets", count, await MeasureAsync(count, (one, i) => one.EndOffset + count - 1 - i));
            Print("sends", count, await MeasureSendsAsync(count));
        }
    }

    private static async Task<(double Add, double Release, double Cancel)> MeasureAsync(
        int count, Func<OwnedPartition, int, long> target)
    {
        await using ScratchLog scratch = await ScratchLog.OpenAsync();
        OwnedPartition partition = scratch.Topic[0];
        Task[] waits = new Task[count];
        Stopwatch watch = Stopwatch.StartNew();
        for (int i = 0; i < count; i++)
        {
            waits[i] = partition.WaitForAsync(target(partition, i)).AsTask();
        }

        double add = Lap(watch, count);
        RecordBatch batch = new();
        for (int left = count; left > 0; left -= batch.Count)
        {
            batch.Clear();
            while (batch.Count < Math.Min(left, 10_000))
            {
                batch.Add(new RawRecord("v"u8));
            }

            partition.AppendBatch(batch);
        }

        await Task.WhenAll(waits);
        double release = Lap(watch, count);
        using CancellationTokenSource source = new();
        for (int i = 0; i < count; i++)
        {
            waits[i] = partition.WaitForAsync(target(partition, i), source.Token).AsTask();
        }

        watch.Restart();
        await source.CancelAsync();
        await Task.WhenAll(waits).ContinueWith(static _ => { }, TaskScheduler.Default);
        return (add, release, Lap(watch, count));
    }

    /// <summary>Sends that wait for room and for flushes.</summary>
    private static async Task<(double Add, double Release, double Cancel)> MeasureSendsAsync(int count)
    {
        await using ScratchLog scratch = await ScratchLog.OpenAsync();
        await using Producer<string, byte[]> producer = scratch.Log.CreateProducer<string, byte[]>("topic");
        byte[] value = new byte[100];
        Task[] sends = new Task[count];
        Stopwatch watch = Stopwatch.StartNew();
        for (int i = 0; i < count; i++)
        {
            sends[i] = producer.ProduceAsync("key", value).AsTask();
        }

        double add = Lap(watch, count);
        await Task.WhenAll(sends);
        double release = Lap(watch, count);
        using CancellationTokenSource source = new();
        for (int i = 0; i < count; i++)
        {
            sends[i] = producer.ProduceAsync("key", value, source.Token).AsTask();
        }

        watch.Restart();
        await source.CancelAsync();
        await Task.WhenAll(sends).ContinueWith(static _ => { }, TaskScheduler.Default);
        return (add, release, Lap(watch, count));
    }

    private static double Lap(Stopwatch watch, int count)
    {
        double each = watch.Elapsed.TotalNanoseconds / count;
        watch.Restart();
        return each;
    }

    private static void Print(string what, int count, (double Add, double Release, double Cancel) costs) =>
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{what,-16}{count,11:N0}{costs.Add,9:N0}{costs.Release,9:N0}{costs.Cancel,9:N0}"));
}

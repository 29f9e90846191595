using System.Diagnostics;
using System.Globalization;

namespace EmbeddedLog.Comparison.FanOut;

/// <summary>
/// A typical use of Kafka on one machine: several producers, few partitions, many groups, and records from a few bytes
/// to many kilobytes, evenly spread on a logarithmic scale.
/// </summary>
internal sealed class KafkaShape : Contender
{
    private const int Producers = 10;
    private const int Partitions = 4;
    private const int Groups = 20;
    private const int MinBytes = 20;
    private const int MaxBytes = 64 << 10;

    /// <summary>Enough keys to fill all partitions evenly.</summary>
    private const int Keys = 1000;

    public override string System => Systems.EmbeddedLog;

    public override string Settings => ScratchLog.Settings;

    public override IReadOnlyList<string> Workloads => ["kafka-shape", "kafka-shape-cpu"];

    public override async Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        int each = scale.Mixed / Producers;
        await using ScratchLog scratch = await ScratchLog.OpenAsync(directory, Partitions);
        ConsumerOptions options = new() { CommitInterval = Typed.TypedRecords.CommitInterval };
        Consumer<string, byte[]>[] consumers =
        [
            .. Enumerable.Range(0, Groups)
                .Select(i => scratch.Log.CreateConsumer<string, byte[]>(ScratchLog.TopicName, $"group-{i}", options)),
        ];
        byte[][] values = Values();
        TimeSpan processor = Environment.CpuUsage.TotalTime;
        Stopwatch watch = Stopwatch.StartNew();
        Task[] all =
        [
            .. consumers.Select(one => Task.Run(() => Typed.TypedRecords.ReadAsync(one, (long)each * Producers))),
            .. Enumerable.Range(0, Producers).Select(i => Task.Run(() => ProduceAsync(scratch.Log, values, i, each))),
        ];
        await Task.WhenAll(all);
        TimeSpan took = watch.Elapsed;
        processor = Environment.CpuUsage.TotalTime - processor;
        foreach (Consumer<string, byte[]> consumer in consumers)
        {
            await consumer.DisposeAsync();
        }

        long read = (long)each * Producers * Groups;
        return [Rate(read, took), processor.TotalMicroseconds / read];
    }

    private static byte[][] Values()
    {
        Random random = new(1);
        byte[][] values = new byte[Keys][];
        for (int i = 0; i < values.Length; i++)
        {
            double exponent = (double)i / (Keys - 1);
            values[i] = new byte[(int)(MinBytes * Math.Pow((double)MaxBytes / MinBytes, exponent))];
            random.NextBytes(values[i]);
        }

        random.Shuffle(values);
        return values;
    }

    private static async Task ProduceAsync(CommitLog log, byte[][] values, int number, int count)
    {
        await using Producer<string, byte[]> producer =
            log.CreateProducer<string, byte[]>(ScratchLog.TopicName);
        string[] keys = [.. Enumerable.Range(0, Keys).Select(i => i.ToString(CultureInfo.InvariantCulture))];
        for (int i = 0; i < count; i++)
        {
            int one = (i + (number * (Keys / Producers))) % Keys;
            while (!producer.TryProduce(keys[one], values[one], out _))
            {
                await producer.WaitToProduceAsync();
            }
        }
    }
}

using System.Diagnostics;
using EmbeddedLog.Comparison.Typed;

namespace EmbeddedLog.Comparison.FanOut;

/// <summary>Typed consumers in groups of their own, which read while the producer writes.</summary>
internal sealed class LogFanOut : Contender
{
    public const int Groups = 20;

    public override string System => Systems.EmbeddedLog;

    public override string Settings => ScratchLog.Settings;

    public override IReadOnlyList<string> Workloads => ["fan-out"];

    public override async Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        byte[] value = Scale.NewValue();
        await using ScratchLog scratch = await ScratchLog.OpenAsync(directory);
        await using Producer<string, byte[]> producer =
            scratch.Log.CreateProducer<string, byte[]>(ScratchLog.TopicName);
        ConsumerOptions options = new() { CommitInterval = TypedRecords.CommitInterval };
        Consumer<string, byte[]>[] consumers =
        [
            .. Enumerable.Range(0, Groups)
                .Select(i => scratch.Log.CreateConsumer<string, byte[]>(ScratchLog.TopicName, $"group-{i}", options)),
        ];
        Stopwatch watch = Stopwatch.StartNew();
        Task[] readers = [.. consumers.Select(one => Task.Run(() => TypedRecords.ReadAsync(one, scale.FannedOut)))];
        for (int i = 0; i < scale.FannedOut; i++)
        {
            while (!producer.TryProduce(TypedRecords.Key, value, out _))
            {
                await producer.WaitToProduceAsync();
            }
        }

        await Task.WhenAll(readers);
        TimeSpan took = watch.Elapsed;
        foreach (Consumer<string, byte[]> consumer in consumers)
        {
            await consumer.DisposeAsync();
        }

        return [Rate((long)Groups * scale.FannedOut, took)];
    }
}

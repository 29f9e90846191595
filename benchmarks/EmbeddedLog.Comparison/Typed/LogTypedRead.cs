using System.Diagnostics;

namespace EmbeddedLog.Comparison.Typed;

/// <summary>The typed consumer, which hands out copies.</summary>
internal sealed class LogTypedRead : Contender
{
    public override string System => Systems.EmbeddedLog;

    public override string Settings => ScratchLog.Settings;

    public override IReadOnlyList<string> Workloads => ["read-typed"];

    public override async Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        await using ScratchLog scratch = await ScratchLog.OpenAsync(directory);
        TypedRecords.Append(scratch.Partition, scale.Appends);
        await scratch.Partition.FlushAsync();
        ConsumerOptions options = new() { CommitInterval = TypedRecords.CommitInterval };
        await using Consumer<string, byte[]> consumer =
            scratch.Log.CreateConsumer<string, byte[]>(ScratchLog.TopicName, "group", options);
        Stopwatch watch = Stopwatch.StartNew();
        await TypedRecords.ReadAsync(consumer, scale.Appends);
        return [Rate(scale.Appends, watch.Elapsed)];
    }
}

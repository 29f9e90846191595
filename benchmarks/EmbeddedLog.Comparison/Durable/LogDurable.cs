namespace EmbeddedLog.Comparison.Durable;

internal sealed class LogDurable : Contender
{
    public override string System => Systems.EmbeddedLog;

    public override string Settings => ScratchLog.Settings;

    public override IReadOnlyList<string> Workloads => ["durable-1", "durable-1-p99"];

    public override async Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        byte[] value = Scale.NewValue();
        await using ScratchLog scratch = await ScratchLog.OpenAsync(directory);
        OwnedPartition partition = scratch.Partition;
        return await Percentiles.TimeAsync(
            scale.Durable, () => partition.FlushAsync(partition.Append(new RawRecord(value)) + 1));
    }
}

namespace EmbeddedLog.Comparison.Durable;

internal sealed class LogDurableMany(int inFlight) : Contender
{
    public override string System => Systems.EmbeddedLog;

    public override string Settings => ScratchLog.Settings;

    public override IReadOnlyList<string> Workloads => [ManyInFlight.Name(inFlight)];

    public override async Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        byte[] value = Scale.NewValue();
        await using ScratchLog scratch = await ScratchLog.OpenAsync(directory);
        OwnedPartition partition = scratch.Partition;
        return
        [
            await ManyInFlight.RateAsync(
                inFlight,
                scale,
                () => partition.FlushAsync(partition.Append(new RawRecord(value)) + 1)),
        ];
    }
}

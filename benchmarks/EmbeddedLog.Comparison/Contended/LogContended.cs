namespace EmbeddedLog.Comparison.Contended;

/// <summary>Each thread goes round all partitions.</summary>
internal sealed class LogContended(int producers, int partitions) : Contender
{
    public override string System => Systems.EmbeddedLog;

    public override string Settings => ScratchLog.Settings;

    public override IReadOnlyList<string> Workloads => [AppendersAtOnce.Name(producers, partitions)];

    public override async Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        byte[] value = Scale.NewValue();
        await using ScratchLog scratch = await ScratchLog.OpenAsync(directory, partitions);
        OwnedPartition[] all = [.. scratch.Topic.Partitions];
        return
        [
            AppendersAtOnce.Rate(
                producers, scale, number => all[number % all.Length].Append(new RawRecord(value))),
        ];
    }
}

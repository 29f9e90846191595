namespace EmbeddedLog.Comparison.Contended;

/// <summary>The same with one log, which has no partitions.</summary>
internal sealed class FasterLogContended(int producers) : Contender
{
    public override string System => Systems.FasterLog;

    public override string Settings => ScratchFasterLog.Settings;

    public override IReadOnlyList<string> Workloads => [AppendersAtOnce.Name(producers, partitions: 1)];

    public override Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        byte[] value = Scale.NewValue();
        using ScratchFasterLog scratch = new(directory);
        return Task.FromResult<double[]>(
            [AppendersAtOnce.Rate(producers, scale, _ => scratch.Log.Enqueue(value))]);
    }
}

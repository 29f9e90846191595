namespace EmbeddedLog.Comparison.Durable;

internal sealed class FasterLogDurable : Contender
{
    public override string System => Systems.FasterLog;

    public override string Settings => "durable: a commit after each append, awaited by spinning";

    public override IReadOnlyList<string> Workloads => ["durable-1", "durable-1-p99"];

    public override Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        byte[] value = Scale.NewValue();
        using ScratchFasterLog scratch = new(directory);
        return Task.FromResult(Percentiles.Time(scale.Durable, () =>
        {
            scratch.Log.Enqueue(value);
            scratch.Log.Commit(spinWait: true);
        }));
    }
}

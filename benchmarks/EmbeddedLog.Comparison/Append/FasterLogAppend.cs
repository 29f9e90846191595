using System.Diagnostics;

namespace EmbeddedLog.Comparison.Append;

internal sealed class FasterLogAppend : Contender
{
    public override string System => Systems.FasterLog;

    public override string Settings => ScratchFasterLog.Settings;

    public override IReadOnlyList<string> Workloads => ["append-raw", "append-raw-final"];

    public override Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        byte[] value = Scale.NewValue();
        using ScratchFasterLog scratch = new(directory);
        Stopwatch watch = Stopwatch.StartNew();
        for (int i = 0; i < scale.Appends; i++)
        {
            scratch.Log.Enqueue(value);
        }

        TimeSpan appended = watch.Elapsed;
        scratch.Log.Commit(spinWait: true);
        return Task.FromResult<double[]>([Rate(scale.Appends, appended), Rate(scale.Appends, watch.Elapsed)]);
    }
}

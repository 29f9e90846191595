using System.Diagnostics;

namespace EmbeddedLog.Comparison.Append;

internal sealed class LogAppend : Contender
{
    public override string System => Systems.EmbeddedLog;

    public override string Settings => ScratchLog.Settings;

    public override IReadOnlyList<string> Workloads => ["append-raw", "append-raw-final"];

    public override async Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        byte[] value = Scale.NewValue();
        await using ScratchLog scratch = await ScratchLog.OpenAsync(directory);
        Stopwatch watch = Stopwatch.StartNew();
        for (int i = 0; i < scale.Appends; i++)
        {
            scratch.Partition.Append(new RawRecord(value));
        }

        TimeSpan appended = watch.Elapsed;
        await scratch.Partition.FlushAsync();
        return [Rate(scale.Appends, appended), Rate(scale.Appends, watch.Elapsed)];
    }
}

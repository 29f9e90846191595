using System.Diagnostics;

namespace EmbeddedLog.Comparison.Spread;

/// <summary>
/// Groups of records that are written to the files of their partitions and put on the disk together, in one of several
/// ways. Nobody has to be woken, which makes them a little faster than they could be.
/// </summary>
/// <param name="partitions">How many files.</param>
/// <param name="system">The way.</param>
/// <param name="settings">The way in words.</param>
/// <param name="begin">Prepares that way in a directory.</param>
internal sealed class RawSpread(
    int partitions, string system, string settings, Func<string, IGroupFlusher> begin) : Contender
{
    public override string System => system;

    public override string Settings => settings;

    public override IReadOnlyList<string> Workloads => [SpreadFiles.Name(partitions)];

    public override bool IsSlowToPrepare => SpreadFiles.IsSlowToPrepare(partitions);

    public override bool IsSupported => OperatingSystem.IsLinux();

    public override Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        int groups = Math.Max(1, scale.DurableSpread / SpreadFiles.InFlight);
        using SpreadFiles files = new(directory, Math.Min(partitions, scale.MaxPartitions));
        using IGroupFlusher flusher = begin(directory);
        flusher.Flush(files.WriteGroup());
        Stopwatch watch = Stopwatch.StartNew();
        for (int i = 0; i < groups; i++)
        {
            flusher.Flush(files.WriteGroup());
        }

        return Task.FromResult<double[]>([Rate((long)groups * SpreadFiles.InFlight, watch.Elapsed)]);
    }
}

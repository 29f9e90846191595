using System.Diagnostics;

namespace EmbeddedLog.Comparison.Spread;

/// <summary>
/// Groups of records that are written to the files of their partitions and flushed together, in several ways, one after
/// the other on the same files. No waiters have to be woken, which makes them a little faster than a real log could be.
/// </summary>
/// <param name="partitions">How many files.</param>
internal sealed class RawSpread(int partitions) : Contender
{
    public override string System => Systems.ManyFiles;

    public override string Settings =>
        "256 writes at a time to 128-byte frames of preallocated files, then: fdatasync of one file after the other; "
        + "fdatasync by 8 threads; syncfs, which also writes what others have left; the same bytes once more to a "
        + "journal of 16 MiB and its fdatasync, syncfs when it is full, as an estimate";

    public override IReadOnlyList<string> Workloads => [.. Owners.Select(_ => SpreadFiles.Name(partitions))];

    public override IReadOnlyList<string> Owners =>
        [Systems.SerialFlush, Systems.FlusherPool, Systems.SyncFileSystem, Systems.Journal];

    public override bool IsSlowToPrepare => SpreadFiles.IsSlowToPrepare(partitions);

    public override bool IsSupported => OperatingSystem.IsLinux();

    public override Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        using SpreadFiles files = new(directory, Math.Min(partitions, scale.MaxPartitions));
        int groups = Math.Max(1, scale.DurableSpread / SpreadFiles.InFlight);
        using SerialFlusher serial = new();
        using FlusherPool pool = new();
        using FileSystemFlusher fileSystem = new(directory);
        using JournalFlusher journal = new(directory);
        IGroupFlusher[] ways = [serial, pool, fileSystem, journal];
        return Task.FromResult(Array.ConvertAll(ways, way => Measure(files, way, groups)));
    }

    private static double Measure(SpreadFiles files, IGroupFlusher way, int groups)
    {
        way.Flush(files.WriteGroup());
        Stopwatch watch = Stopwatch.StartNew();
        for (int i = 0; i < groups; i++)
        {
            way.Flush(files.WriteGroup());
        }

        return Rate((long)groups * SpreadFiles.InFlight, watch.Elapsed);
    }
}

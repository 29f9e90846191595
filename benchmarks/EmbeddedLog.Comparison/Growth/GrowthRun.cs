using System.Diagnostics;
using System.Globalization;

namespace EmbeddedLog.Comparison.Growth;

/// <summary>Measures logs of several sizes, in turn, round by round.</summary>
internal static class GrowthRun
{
    public const string ChildArgument = "growth-child";

    public static async Task<IReadOnlyList<GrowthResult>> RunAsync(
        IReadOnlyList<GrowthPoint> points, int rounds, string directory)
    {
        await GrowthChild.WarmUpAsync(Path.Combine(directory, Path.GetRandomFileName()), Scale.NewValue());
        Dictionary<GrowthPoint, List<GrowthFigures>> all = points.ToDictionary(
            point => point, _ => new List<GrowthFigures>());
        for (int round = 1; round <= rounds; round++)
        {
            foreach (GrowthPoint point in points)
            {
                GrowthFigures figures = await MeasureAsync(point, directory);
                all[point].Add(figures);
                await Console.Error.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture, $"round {round}: {point.Axis} {point.Size:N0} {figures}"));
            }
        }

        return [.. points.Select(point => new GrowthResult(point, all[point]))];
    }

    private static async Task<GrowthFigures> MeasureAsync(GrowthPoint point, string directory)
    {
        string scratch = Path.Combine(directory, Path.GetRandomFileName());
        Directory.CreateDirectory(scratch);
        try
        {
            string log = Path.Combine(scratch, "log");
            Posix.SyncFileSystem(scratch);
            Posix.TouchFreeMemory(Scale.PageCacheOf(point.Records));
            string made = await KillAsync([ChildArgument, log, .. point.ToArguments()]);
            Posix.SyncFileSystem(scratch);
            (double uncleanOpen, _) = await OpenAsync(log);
            await KillAsync([ChildArgument, log]);
            (double idleUncleanOpen, _) = await OpenAsync(log);
            (double cleanOpen, double heap) = await OpenAsync(log);
            return GrowthFigures.Parse(made) with
            {
                UncleanOpen = uncleanOpen,
                IdleUncleanOpen = idleUncleanOpen,
                CleanOpen = cleanOpen,
                HeapAfterOpen = heap,
            };
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    /// <summary>Runs this program as another process until it prints a line, and then kills it.</summary>
    private static async Task<string> KillAsync(string[] arguments)
    {
        string[] host = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
            ? [typeof(GrowthRun).Assembly.Location]
            : [];
        ProcessStartInfo start = new(Environment.ProcessPath!, [.. host, .. arguments])
        {
            RedirectStandardOutput = true,
        };
        using Process child = Process.Start(start)!;
        string? line = await child.StandardOutput.ReadLineAsync();
        child.Kill();
        await child.WaitForExitAsync();
        return line ?? throw new InvalidOperationException("The process ended by itself.");
    }

    private static async Task<(double Milliseconds, double Heap)> OpenAsync(string directory)
    {
        long before = Heap.Live();
        Stopwatch watch = Stopwatch.StartNew();
        CommitLog log = await CommitLog.OpenAsync(directory);
        double took = watch.Elapsed.TotalMilliseconds;
        double heap = Heap.Live() - before;
        await log.DisposeAsync();
        return (took, heap);
    }
}

using System.CommandLine;
using EmbeddedLog.Comparison;
using EmbeddedLog.Comparison.Charts;
using EmbeddedLog.Comparison.Growth;
using EmbeddedLog.Comparison.Paired;

if (args is [GrowthRun.ChildArgument, string log, .. string[] point])
{
    await (point is [] ? GrowthChild.UseAsync(log) : GrowthChild.RunAsync(log, GrowthPoint.Parse(point)));
    return 0;
}

Option<bool> quick = new("--quick") { Description = "Less of everything: ends within a minute, and is less exact." };
Option<string[]> only = new("--only")
{
    Description = "Only this workload, or this group, such as durable-many; may be given several times.",
    DefaultValueFactory = _ => [],
};
Option<string[]> systems = new("--system")
{
    Description = "Only this system, such as EmbeddedLog; may be given several times.",
    DefaultValueFactory = _ => [],
};
Option<FileInfo?> json = new("--json") { Description = "Writes the figures to a file." };
Option<DirectoryInfo?> directory = new("--directory")
{
    Description = "Where to put the data; on the disk that is to be measured. Default: under the build's output.",
};
Option<bool> growth = new("--growth")
{
    Description = "Instead of the comparison: what more records, partitions and segments cost.",
};
Option<bool> huge = new("--huge") { Description = "With --growth: also 100 M records, which take 13 GB." };
Option<DirectoryInfo?> charts = new("--charts")
{
    Description = "Draws throughput.svg, or growth.svg, into a directory.",
};
Option<DirectoryInfo?> against = new("--against")
{
    Description = "Instead of the comparison: this build of the log next to another one of this program, which lies in "
        + "the directory. Fails if a workload is slower by more than 3 % in the median of the pairs.",
};
Option<int> pairs = new("--pairs")
{
    Description = "With --against: how often each workload is measured with both builds. Default: 15.",
    DefaultValueFactory = _ => 15,
};
RootCommand root = new("Compares EmbeddedLog with other logs and with what the machine can do at best.")
{
    quick, only, systems, json, directory, growth, huge, charts, against, pairs,
};
root.Validators.Add(result =>
{
    string[] known = [.. Contenders.All.Select(one => one.System).Distinct()];
    foreach (string name in result.GetValue(systems)!.Except(known))
    {
        result.AddError($"There is no system '{name}'. There are: {string.Join(", ", known)}.");
    }
});
root.SetAction(async parsed =>
{
    string machine = Machine.Describe();

    // Not in the system's temporary directory, which is memory on many systems.
    string scratch = parsed.GetValue(directory)?.FullName ?? Path.Combine(AppContext.BaseDirectory, "scratch");
    if (parsed.GetValue(growth))
    {
        GrowthPoint[] points = Array.FindAll(
            GrowthPoint.All(parsed.GetValue(huge)), point => IsWanted(point.Name, parsed.GetValue(only)!));
        IReadOnlyList<GrowthResult> grown = await GrowthRun.RunAsync(points, parsed.GetValue(quick) ? 1 : 3, scratch);
        GrowthReport.Print(grown);
        if (parsed.GetValue(json) is { } growthFile)
        {
            GrowthReport.WriteJson(growthFile.FullName, grown);
        }

        if (parsed.GetValue(charts) is { } growthCharts)
        {
            GrowthChart.Write(Path.Combine(growthCharts.FullName, "growth.svg"), grown, machine);
        }

        return 0;
    }

    if (parsed.GetValue(against) is { } other)
    {
        if (!File.Exists(Path.Combine(other.FullName, "EmbeddedLog.Comparison.dll")))
        {
            await Console.Error.WriteLineAsync(
                $"There is no EmbeddedLog.Comparison.dll in '{other.FullName}'. Name the folder of a Release build.");
            return 2;
        }

        PairedComparison paired = new(other.FullName, Math.Max(1, parsed.GetValue(pairs)), scratch);
        return await paired.RunAsync(name => IsWanted(name, parsed.GetValue(only)!), atMost: 3) == 0 ? 0 : 1;
    }

    Scale scale = parsed.GetValue(quick) ? Scale.Quick : Scale.Full;
    Contender[] contenders =
    [
        .. Contenders.All.Where(
            one => one.IsSupported
                && (parsed.GetValue(systems) is [] || parsed.GetValue(systems)!.Contains(one.System))
                && one.Workloads.Any(name => IsWanted(name, parsed.GetValue(only)!))),
    ];
    if (contenders.Length == 0)
    {
        await Console.Error.WriteLineAsync(
            $"No such workload{(parsed.GetValue(systems) is [] ? "" : " of this system")}. There are: "
            + $"{string.Join(", ", Workloads.All.Select(workload => workload.Name))}.");
        return 2;
    }

    Report.PrintSettings(scale, contenders);
    IReadOnlyList<Result> results = await new Comparison(scale, scratch).RunAsync(contenders);
    Report.PrintTable(results);
    if (parsed.GetValue(json) is { } file)
    {
        Report.WriteJson(file.FullName, results);
    }

    if (parsed.GetValue(charts) is { } into)
    {
        ThroughputChart.Write(Path.Combine(into.FullName, "throughput.svg"), results, machine);
    }

    return 0;
});
return await root.Parse(args).InvokeAsync();

static bool IsWanted(string name, string[] wanted) =>
    wanted.Length == 0 || wanted.Any(want => Workload.IsMeant(name, want));

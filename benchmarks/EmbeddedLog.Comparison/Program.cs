using System.CommandLine;
using EmbeddedLog.Comparison;

Option<bool> quick = new("--quick") { Description = "Less of everything: ends within a minute, and is less exact." };
Option<string[]> only = new("--only")
{
    Description = "Only this workload, or this group, such as durable-many; may be given several times.",
    DefaultValueFactory = _ => [],
};
Option<FileInfo?> json = new("--json") { Description = "Writes the figures to a file." };
Option<DirectoryInfo?> directory = new("--directory")
{
    Description = "Where to put the data; on the disk that is to be measured. Default: under the build's output.",
};
RootCommand root = new("Compares EmbeddedLog with other logs and with what the machine can do at best.")
{
    quick, only, json, directory,
};
root.SetAction(async parsed =>
{
    Scale scale = parsed.GetValue(quick) ? Scale.Quick : Scale.Full;
    string[] wanted = parsed.GetValue(only)!;
    Contender[] contenders =
    [
        .. Contenders.All.Where(one => one.IsSupported && one.Workloads.Any(
            name => wanted.Length == 0 || wanted.Any(want => Workload.IsMeant(name, want)))),
    ];
    if (contenders.Length == 0)
    {
        await Console.Error.WriteLineAsync(
            $"No such workload. There are: {string.Join(", ", Workloads.All.Select(workload => workload.Name))}.");
        return 2;
    }

    Report.PrintSettings(scale, contenders);

    // Not in the system's temporary directory, which is memory on many systems.
    string scratch = parsed.GetValue(directory)?.FullName ?? Path.Combine(AppContext.BaseDirectory, "scratch");
    IReadOnlyList<Result> results = await new Comparison(scale, scratch).RunAsync(contenders);
    Report.PrintTable(results);
    if (parsed.GetValue(json) is { } file)
    {
        Report.WriteJson(file.FullName, results);
    }

    return 0;
});
return await root.Parse(args).InvokeAsync();

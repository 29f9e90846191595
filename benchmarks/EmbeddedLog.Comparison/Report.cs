using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace EmbeddedLog.Comparison;

/// <summary>Prints results, and writes them to a file.</summary>
internal static class Report
{
    public static void PrintSettings(Scale scale, IReadOnlyList<Contender> contenders)
    {
        Console.WriteLine(
            $"{RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, "
            + $"{Environment.ProcessorCount} processors; values of {Scale.ValueBytes} bytes; "
            + $"{scale.Rounds} rounds{(scale.AtMost < TimeSpan.MaxValue ? " at most" : "")}, interleaved; medians.");
        foreach (IGrouping<string, Contender> system in contenders.GroupBy(contender => contender.System))
        {
            Console.WriteLine($"  {system.Key}: {string.Join("; ", system.Select(one => one.Settings).Distinct())}");
        }

        Console.WriteLine();
    }

    /// <summary>A line for each figure, with how many times better EmbeddedLog is, and one for each target.</summary>
    public static void PrintTable(IReadOnlyList<Result> results)
    {
        foreach (IGrouping<Workload, Result> group in results.GroupBy(result => result.Workload))
        {
            Workload workload = group.Key;
            double? ours = group.FirstOrDefault(result => result.System == Systems.EmbeddedLog)?.Value;
            Console.WriteLine($"{workload.Name}, {workload.Unit}: {workload.Title}");
            foreach (Result result in group)
            {
                double spread = (result.Rounds.Max() - result.Rounds.Min()) / result.Value;
                string time = workload.Unit == Workload.Records ? $"{1e9 / result.Value,10:N1} ns" : "";
                string ratio = ours is { } own && result.System != Systems.EmbeddedLog
                    ? $"EmbeddedLog is {workload.Ratio(own, result.Value):F2} x"
                    : "";
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"  {result.System,-18} {result.Value,14:N1} {time,13}  spread {spread,6:P0}  {ratio}"));
            }

            if (ours is { } reached)
            {
                PrintTargets(workload, reached, results);
            }

            Console.WriteLine();
        }
    }

    private static void PrintTargets(Workload workload, double ours, IReadOnlyList<Result> results)
    {
        foreach (Target target in workload.Targets)
        {
            PrintTarget(workload, target, ours, results);
        }
    }

    private static void PrintTarget(Workload workload, Target target, double ours, IReadOnlyList<Result> results)
    {
        string name = target.Workload ?? workload.Name;
        Result? other = results.FirstOrDefault(one => one.Workload.Name == name && one.System == target.System);
        double figure = other is null ? target.Figure
            : other.Workload.Unit == workload.Unit ? other.Value
            : 1e6 / other.Value;
        if (figure == 0)
        {
            Console.WriteLine($"  target: {target.Text}; not measured");
            return;
        }

        double ratio = workload.Ratio(ours, figure);
        double shown = target.IsOfTime ? 1 / ratio : ratio;
        string verdict = target.AtLeast == 0 ? "" : ratio >= target.AtLeast ? ", met" : ", MISSED";
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  {(target.AtLeast == 0 ? "ratio" : "target")}: {target.Text}; it is {shown:F2} x{verdict}"));
    }

    /// <summary>An array of objects, one for each figure.</summary>
    public static void WriteJson(string path, IReadOnlyList<Result> results)
    {
        using FileStream file = File.Create(path);
        using Utf8JsonWriter json = new(file, new JsonWriterOptions { Indented = true });
        json.WriteStartArray();
        foreach (Result result in results)
        {
            json.WriteStartObject();
            json.WriteString("workload", result.Workload.Name);
            json.WriteString("system", result.System);
            json.WriteNumber("value", result.Value);
            json.WriteString("unit", result.Workload.Unit);
            json.WriteStartArray("rounds");
            foreach (double round in result.Rounds)
            {
                json.WriteNumberValue(round);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}

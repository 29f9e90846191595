using System.Runtime.InteropServices;

namespace EmbeddedLog.Comparison.Charts;

/// <summary>What was measured on.</summary>
internal static class Machine
{
    private const string ProcessorPrefix = "model name";

    public static string Name { get; } =
        $"{Processor()}, {Environment.ProcessorCount} processors, Linux {Environment.OSVersion.Version.ToString(2)}, "
        + RuntimeInformation.FrameworkDescription;

    private static string Processor()
    {
        const string Path = "/proc/cpuinfo";
        string? line = File.Exists(Path)
            ? File.ReadLines(Path).FirstOrDefault(one => one.StartsWith(ProcessorPrefix, StringComparison.Ordinal))
            : null;
        return line?[(line.IndexOf(':') + 1)..].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}

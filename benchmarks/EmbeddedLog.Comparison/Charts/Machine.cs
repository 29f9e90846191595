using System.Runtime.InteropServices;

namespace EmbeddedLog.Comparison.Charts;

/// <summary>The measured machine.</summary>
internal static class Machine
{
    private const string ProcessorPrefix = "model name";

    /// <summary>The machine, and its load before the measurements.</summary>
    public static string Describe() =>
        $"{Processor()}, {Environment.ProcessorCount} processors, Linux {Environment.OSVersion.Version.ToString(2)}, "
        + $"{RuntimeInformation.FrameworkDescription}, load {Load()} before";

    private static string Load()
    {
        const string Path = "/proc/loadavg";
        return File.Exists(Path) ? File.ReadAllText(Path).Split(' ')[0] : "unknown";
    }

    private static string Processor()
    {
        const string Path = "/proc/cpuinfo";
        string? line = File.Exists(Path)
            ? File.ReadLines(Path).FirstOrDefault(one => one.StartsWith(ProcessorPrefix, StringComparison.Ordinal))
            : null;
        return line?[(line.IndexOf(':') + 1)..].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}

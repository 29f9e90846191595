using System.Diagnostics;

namespace EmbeddedLog.Torture;

/// <summary>Starts this program once more, as one of its children, connected by pipes.</summary>
internal static class ChildProcess
{
    /// <summary>
    /// The environment variable that names the emulator of this program. Its children need the emulator too, because
    /// the system cannot run programs of another processor.
    /// </summary>
    private const string EmulatorVariable = "EMBEDDEDLOG_EMULATOR";

    /// <param name="name">The child's name.</param>
    /// <param name="arguments">The child's arguments.</param>
    /// <param name="under">A program with arguments to run it under, such as strace; null for none.</param>
    public static Process Start(string name, IEnumerable<string> arguments, IReadOnlyList<string>? under = null)
    {
        string[] self = [Environment.ProcessPath!, .. HostArguments(), "child", name, .. arguments];
        string? emulator = Environment.GetEnvironmentVariable(EmulatorVariable);
        string[] all = [.. under ?? [], .. string.IsNullOrEmpty(emulator) ? [] : (string[])[emulator], .. self];
        ProcessStartInfo start = new(all[0], all[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        return Process.Start(start) ?? throw new InvalidOperationException($"'{all[0]}' did not start.");
    }

    /// <summary>
    /// Sends a line to a child. Sending to a child that has ended does no harm: its output and exit code, which the
    /// caller reads, say why it ended.
    /// </summary>
    /// <returns>False if the child has ended.</returns>
    public static bool TryTell(Process child, string line)
    {
        try
        {
            child.StandardInput.WriteLine(line);
            child.StandardInput.Flush();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Under the dotnet host the program is its first argument.</summary>
    private static string[] HostArguments() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
            ? [Path.Combine(AppContext.BaseDirectory, typeof(ChildProcess).Assembly.GetName().Name + ".dll")]
            : [];
}

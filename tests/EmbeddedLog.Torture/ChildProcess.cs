using System.Diagnostics;

namespace EmbeddedLog.Torture;

/// <summary>Starts this program once more, as one of its children, with pipes for what the two have to tell.</summary>
internal static class ChildProcess
{
    /// <summary>
    /// Names an emulator that this program runs under, and that its children need too: the system does not know the
    /// programs of another processor.
    /// </summary>
    private const string EmulatorVariable = "EMBEDDEDLOG_EMULATOR";

    /// <param name="name">The child's name.</param>
    /// <param name="arguments">What it is given.</param>
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
    /// Tells a child something. A child that has ended is not told, and that is no failure of its own: what it said
    /// before, and its exit code, say why it ended, so the caller reads those.
    /// </summary>
    /// <returns>Whether there was somebody to tell it.</returns>
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

using System.Globalization;
using System.Text;

namespace EmbeddedLog.Torture.Machine;

/// <summary>
/// What the threads of a process wait for, in the system's words: whether one that hangs waits for a disk, for a lock,
/// or for nothing. Linux alone tells.
/// </summary>
internal static class ThreadStates
{
    private const string SystemCall = "syscall";
    private const string KernelFunction = "wchan";

    /// <summary>A line for each thread: its name, its state, where it sleeps in the kernel, its call.</summary>
    public static string Of(int processId)
    {
        StringBuilder lines = new();
        string tasks = $"/proc/{processId}/task";
        if (!Directory.Exists(tasks))
        {
            return "  nothing is known of its threads";
        }

        foreach (string task in Directory.EnumerateDirectories(tasks))
        {
            string stat = Read(task, "stat");
            int name = stat.LastIndexOf(')');
            string call = Read(task, SystemCall);
            lines.AppendLine(
                CultureInfo.InvariantCulture,
                $"  thread {Path.GetFileName(task)} {(name < 0 ? stat : stat[stat.IndexOf('(')..(name + 3)])} in "
                + $"{Read(task, KernelFunction)}, call {(call.Split(' ') is [var number, ..] ? number : call)}");
        }

        return lines.ToString();
    }

    private static string Read(string task, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, file)).Trim();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return "?";
        }
    }
}

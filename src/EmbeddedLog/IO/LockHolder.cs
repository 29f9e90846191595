using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace EmbeddedLog.IO;

/// <summary>
/// The holder of a directory's lock, as it is written in the lock's file. A hint for messages, never evidence: only the
/// lock shows whether there is a holder.
/// </summary>
/// <param name="ProcessId">The process id in the holder's container.</param>
/// <param name="Started">When the process began, as ISO 8601; empty if unknown.</param>
/// <param name="Host">The host name of the machine or the container; empty if unknown.</param>
/// <param name="Boot">The random id of the machine's boot; empty if the system has none.</param>
/// <param name="Space">
/// The number of the namespace of process ids, which each container has of its own; empty if the system has none.
/// </param>
/// <param name="Container">The container's id; empty if none is found.</param>
internal sealed partial record LockHolder(
    int ProcessId, string Started, string Host, string Boot, string Space, string Container)
{
    /// <summary>The most bytes that are read of a lock's file.</summary>
    public const int MaxTextBytes = 1024;

    private const int MaxValueChars = 100;

    /// <summary>This process.</summary>
    public static LockHolder Current { get; } = Describe();

    /// <summary>Whether it is this process.</summary>
    public bool IsThisProcess => this == Current;

    /// <summary>Whether it runs on this machine, in the same boot.</summary>
    public bool IsOnThisMachine => Boot == Current.Boot && (Boot.Length != 0 || Host == Current.Host);

    /// <summary>Whether its process id means the same process here.</summary>
    public bool IsInThisContainer => Space == Current.Space && Container == Current.Container;

    /// <summary>
    /// The text of a lock's file: the process id alone on the first line, then a line for each of the others.
    /// </summary>
    public byte[] ToText()
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{ProcessId}\n");
        foreach ((string name, string value) in Fields())
        {
            if (value.Length != 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"{name} {value}\n");
            }
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>Reads the text of a lock's file; null if it names no process.</summary>
    public static LockHolder? Parse(ReadOnlySpan<byte> text)
    {
        // A line without its end may still be being written.
        string[] lines = Encoding.UTF8.GetString(text[..(text.LastIndexOf((byte)'\n') + 1)]).Split('\n');
        if (!int.TryParse(lines[0], NumberStyles.None, CultureInfo.InvariantCulture, out int processId))
        {
            return null;
        }

        LockHolder empty = new(processId, "", "", "", "", "");
        return empty with
        {
            Started = Find(lines, StartedName),
            Host = Find(lines, HostName),
            Boot = Find(lines, BootName),
            Space = Find(lines, SpaceName),
            Container = Find(lines, ContainerName),
        };
    }

    private const string StartedName = "started";
    private const string HostName = "host";
    private const string BootName = "boot";
    private const string SpaceName = "pids";
    private const string ContainerName = "container";

    private (string Name, string Value)[] Fields() =>
    [
        (StartedName, Started), (HostName, Host), (BootName, Boot), (SpaceName, Space), (ContainerName, Container),
    ];

    /// <summary>The value, cut to a bounded length and without line breaks.</summary>
    private static string Find(string[] lines, string name)
    {
        string? line = Array.Find(lines, each => each.StartsWith(name + " ", StringComparison.Ordinal));
        string value = line is null ? string.Empty : line[(name.Length + 1)..];
        return new string([.. value.Where(c => c is >= ' ' and <= '~').Take(MaxValueChars)]);
    }

    private static LockHolder Describe()
    {
        using Process process = Process.GetCurrentProcess();
        return new LockHolder(
            Environment.ProcessId,
            process.StartTime.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            Clean(Environment.MachineName),
            Clean(TryRead("/proc/sys/kernel/random/boot_id")),
            SpaceOf(),
            ContainerId().Match(TryRead("/proc/self/cgroup") + TryRead("/proc/self/mountinfo")).Groups[1].Value);
    }

    private static string Clean(string text) => Find([$"{HostName} {text.Trim()}"], HostName);

    /// <summary>As in <c>pid:[4026531836]</c>.</summary>
    private static string SpaceOf()
    {
        try
        {
            string? link = OperatingSystem.IsLinux() ? new FileInfo("/proc/self/ns/pid").LinkTarget : null;
            return link is null ? string.Empty : new string([.. link.Where(char.IsAsciiDigit)]);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return string.Empty;
        }
    }

    private static string TryRead(string path)
    {
        try
        {
            return OperatingSystem.IsLinux() ? File.ReadAllText(path) : string.Empty;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return string.Empty;
        }
    }

    /// <summary>Docker, containerd and podman name a container by 64 digits, and show the first twelve.</summary>
    [GeneratedRegex("(?:docker|container|cri|libpod|kubepods)[^\\s]*[/:-]([0-9a-f]{12})[0-9a-f]{52}")]
    private static partial Regex ContainerId();
}

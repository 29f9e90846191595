using System.Globalization;
using System.Runtime.Versioning;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Infrastructure.Processes;

namespace EmbeddedLog.Tests.Files;

/// <summary>Who may read what a log makes.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class LogAccessTests : IDisposable
{
    private const int Nobody = 65534;
    private const int OtherGroup = 65533;

    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerDirectory = OwnerFile | UnixFileMode.UserExecute;

    private readonly TempDirectory _directory = new();

    public LogAccessTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no modes.");

    private string LogPath => _directory["log"];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(LogAccess.Owner)]
    [InlineData(LogAccess.Group)]
    public async Task Open_WithAccess_EverythingHasItsMode(LogAccess access)
    {
        await UseAsync(access, async log =>
        {
            AssertModes(access);
            await log.EnsureTopicAsync("other", new TopicOptions { Partitions = 3 });
        });

        AssertModes(access);
    }

    [Fact]
    public async Task Open_GroupAfterOwner_LetsTheGroupReadWhatIsThere()
    {
        await UseAsync(LogAccess.Owner, _ => Task.CompletedTask);
        string partition = Path.Combine(LogPath, "topics", "topic-1", "0");
        string[] foreign =
        [
            Path.Combine(LogPath, "lost+found"),
            Path.Combine(LogPath, "topics", "notes"),
            Path.Combine(LogPath, "topics", "topic-1", "notes"),
            Path.Combine(partition, "notes"),
            Path.Combine(LogPath, "groups", "notes"),
        ];
        Array.ForEach(foreign, path => Directory.CreateDirectory(path, OwnerDirectory));
        string evidence = Path.Combine(partition, "damaged-1", "manifest");
        Directory.CreateDirectory(Path.GetDirectoryName(evidence)!, OwnerDirectory);
        File.Copy(Path.Combine(partition, "manifest"), evidence);
        File.SetUnixFileMode(evidence, OwnerFile);

        await UseAsync(LogAccess.Group, _ => Task.CompletedTask);

        Assert.All(foreign, path => Assert.Equal(OwnerDirectory, File.GetUnixFileMode(path)));
        Array.ForEach(foreign, Directory.Delete);
        AssertModes(LogAccess.Group);
    }

    /// <summary>What it is for: a process of another user reads along.</summary>
    [Fact]
    public async Task Follow_AsAnotherUser_DependsOnTheGroup()
    {
        Require.Linux();
        Require.That(Environment.IsPrivilegedProcess, "To run a program as another user needs root.");
        Require.That(Command.Exists("setpriv"), "setpriv is not installed.");
        int group = int.Parse(
            Command.RunOrThrow("id", "-g"), CultureInfo.InvariantCulture);
        File.SetUnixFileMode(
            _directory.Path, OwnerDirectory | UnixFileMode.OtherExecute | UnixFileMode.GroupExecute);

        await UseAsync(LogAccess.Owner, _ =>
        {
            Assert.Equal(nameof(LogDirectoryException), ProbeProcess.RunAs(Nobody, group, "follow", LogPath));
            return Task.CompletedTask;
        });
        await UseAsync(LogAccess.Group, _ =>
        {
            Assert.Equal("read 200", ProbeProcess.RunAs(Nobody, group, "follow", LogPath));
            Assert.Equal(nameof(LogDirectoryException), ProbeProcess.RunAs(Nobody, OtherGroup, "follow", LogPath));
            return Task.CompletedTask;
        });
    }

    [Theory]
    [InlineData("ext4")]
    [InlineData("btrfs")]
    public async Task BackupAsync_WithAccess_EverythingHasItsMode(string type)
    {
        using LoopMount mount = LoopMount.Create(type, 128);
        CommitLogOptions options = new() { Access = LogAccess.Group };
        await using CommitLog log = await CommitLog.OpenAsync(mount["log"], options);
        await FillAsync(log);

        BackupReport report = await log.BackupAsync(mount["backup"]);

        Assert.NotEqual(0, report.SharedBytes);
        AssertModes(LogAccess.Group, mount["backup"]);
    }

    /// <summary>Opens the log, appends 100 records over several segments, and lets a test look.</summary>
    private async Task UseAsync(LogAccess access, Func<CommitLog, Task> look)
    {
        await using CommitLog log = await CommitLog.OpenAsync(LogPath, new CommitLogOptions { Access = access });
        await FillAsync(log);
        await look(log);
    }

    private static async Task FillAsync(CommitLog log)
    {
        Topic topic = await log.EnsureTopicAsync("topic", new TopicOptions { SegmentBytes = 32 << 10 });
        for (int i = 0; i < 100; i++)
        {
            topic[0].Append(new RawRecord(new byte[1000]));
        }

        await topic[0].FlushAsync();
    }

    private void AssertModes(LogAccess access) => AssertModes(access, LogPath);

    private static void AssertModes(LogAccess access, string root)
    {
        bool shared = access == LogAccess.Group;
        UnixFileMode file = shared ? OwnerFile | UnixFileMode.GroupRead : OwnerFile;
        UnixFileMode directory =
            shared ? OwnerDirectory | UnixFileMode.GroupRead | UnixFileMode.GroupExecute : OwnerDirectory;
        Assert.Equal(directory, File.GetUnixFileMode(root));
        string[] all = Directory.GetFileSystemEntries(root, "*", SearchOption.AllDirectories);
        Assert.True(all.Length > 10, $"only {all.Length} files");
        Assert.All(all, path => Assert.True(
            ModeOf(path) is not { } mode
                || mode == (Directory.Exists(path) ? directory : file)
                // One that is just being written gets its mode before it gets its name.
                || path.EndsWith(".new", StringComparison.Ordinal),
            $"{path} has {ModeOf(path)}"));
    }

    /// <summary>Null if the file has replaced an older one since, as checkpoints of a live log do.</summary>
    private static UnixFileMode? ModeOf(string path)
    {
        try
        {
            return File.GetUnixFileMode(path);
        }
        catch (FileNotFoundException) when (path.EndsWith(".new", StringComparison.Ordinal))
        {
            return null;
        }
    }
}

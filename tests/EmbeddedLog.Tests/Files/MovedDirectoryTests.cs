using EmbeddedLog.IO;
using EmbeddedLog.Opening;
using EmbeddedLog.Partitions;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Infrastructure.Processes;

namespace EmbeddedLog.Tests.Files;

/// <summary>The directory of an open log is moved, replaced or removed, at every level.</summary>
public sealed class MovedDirectoryTests : IDisposable
{
    private const int ValueBytes = 4_000;

    private readonly TempDirectory _directory = new();

    /// <summary>Its clock and its scheduler, over the real disk.</summary>
    private readonly SimulatedPlatform _machine = new(seed: 1);

    public MovedDirectoryTests() =>
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows does not let the directory of an open log be moved.");

    private string LogPath => _directory["log"];

    private string OldPath => _directory["old"];

    public void Dispose()
    {
        _machine.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Append_DirectoryMoved_GoesOnInItAndIsFoundThere()
    {
        await using (CommitLog log = await OpenAsync())
        {
            OwnedPartition partition = (await log.EnsureTopicAsync("topic", Options()))[0];
            AppendMany(partition, 20);
            await partition.FlushAsync();

            Directory.Move(LogPath, OldPath);

            AppendMany(partition, 40);
            await partition.FlushAsync();
            Topic other = await log.CreateTopicAsync("other", Options());
            AppendMany(other[0], 5);
            await other[0].FlushAsync();
            Assert.Equal(60, CountRecords(partition));
            Assert.False(Directory.Exists(LogPath));
        }

        await using CommitLog moved = await CommitLog.OpenAsync(OldPath);
        Assert.True(moved.Recovery.Clean);
        Assert.Equal(60, CountRecords(moved.GetTopic("topic")[0]));
        Assert.Equal(5, CountRecords(moved.GetTopic("other")[0]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Append_DirectoryMovedOrRemoved_IsNoDamage(bool removed)
    {
        CommitLog log = await OpenAsync();
        OwnedPartition partition = (await log.EnsureTopicAsync("topic", Options()))[0];
        AppendMany(partition, 10);
        if (removed)
        {
            Remove(LogPath);
        }
        else
        {
            Directory.Move(LogPath, OldPath);
        }

        Exception? told = Record.Exception(() => AppendMany(partition, 100));

        // What was removed is in a backup at best; what was moved is not damaged.
        Assert.True(told is not CorruptLogException, $"{told}");
        Assert.True(removed || told?.Message.Contains("backup", StringComparison.Ordinal) is not true, $"{told}");
        await Record.ExceptionAsync(async () => await log.DisposeAsync());
    }

    [Fact]
    public async Task Follow_DirectoryMovedThenReplaced_ReadsOnAndReportsTheOther()
    {
        await using CommitLog log = await OpenAsync();
        OwnedPartition partition = (await log.EnsureTopicAsync("topic", Options()))[0];
        AppendMany(partition, 5);
        await using ReadOnlyLog follower = await CommitLog.OpenReadOnlyAsync(LogPath);
        LogPartition followed = follower.GetTopic("topic")[0];

        Directory.Move(LogPath, OldPath);
        AppendMany(partition, 40);
        Assert.Equal(45, CountRecords(followed));

        await using CommitLog second = await CommitLog.OpenAsync(LogPath);
        LogDirectoryException told = Assert.Throws<LogDirectoryException>(() => follower.Topics);
        Assert.Contains("leads to another directory", told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Append_AnotherLogAtTheOldPath_FailsAndTouchesNothingOfIt()
    {
        await using (CommitLog first = await OpenAsync())
        {
            OwnedPartition mine = (await first.EnsureTopicAsync("topic", Options()))[0];
            AppendMany(mine, 20);
            await mine.FlushAsync();
            Directory.Move(LogPath, OldPath);
            await using CommitLog second = await CommitLog.OpenAsync(LogPath);
            OwnedPartition others = (await second.EnsureTopicAsync("topic", Options()))[0];
            AppendMany(others, 3);
            await others.FlushAsync();
            string[] before = SegmentsIn(LogPath);

            PartitionFailedException failed =
                await Assert.ThrowsAsync<PartitionFailedException>(async () => await AppendAndFlushAsync(mine, 40));

            Assert.IsType<LogDirectoryException>(failed.InnerException);
            Assert.Contains($"'{LogPath}' leads to another directory", failed.Message, StringComparison.Ordinal);
            Assert.Equal(before, SegmentsIn(LogPath));
            await Assert.ThrowsAsync<LogDirectoryException>(async () => await first.CreateTopicAsync("more"));
            Assert.True(CountRecords(mine) >= 20);
            AppendMany(others, 30);
            await others.FlushAsync();
        }

        await using CommitLog old = await CommitLog.OpenAsync(OldPath);
        Assert.True(CountRecords(old.GetTopic("topic")[0]) >= 20);
        await using CommitLog present = await CommitLog.OpenAsync(LogPath);
        Assert.True(present.Recovery.Clean);
        Assert.Equal(33, CountRecords(present.GetTopic("topic")[0]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("topics")]
    [InlineData("topics/topic-1")]
    [InlineData("topics/topic-1/0")]
    public async Task Append_DirectoryRemoved_FailsAtTheNextRoll(string below)
    {
        TempFileSystem.RequireRemovalOfOpenFiles();
        await using CommitLog log = await OpenAsync();
        OwnedPartition partition = (await log.EnsureTopicAsync("topic", Options()))[0];
        AppendMany(partition, 1);
        await partition.FlushAsync();

        Remove(Path.Combine(LogPath, below));

        PartitionFailedException failed =
            await Assert.ThrowsAsync<PartitionFailedException>(async () => await AppendAndFlushAsync(partition, 100));
        Assert.IsType<LogDirectoryException>(failed.InnerException);
        Assert.Contains("was removed", failed.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<PartitionFailedException>(async () => await partition.FlushAsync());
        Assert.False(Directory.Exists(Path.Combine(LogPath, "topics", "topic-1", "0")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("topics")]
    [InlineData("topics/topic-1")]
    [InlineData("topics/topic-1/0")]
    [InlineData("offsets")]
    public void Housekeeping_DirectoryRemoved_FailsWhatIsInIt(string below)
    {
        TempFileSystem.RequireRemovalOfOpenFiles();
        OnManualTime((log, topic) =>
        {
            string removed = below == "offsets" ? log.Offsets.Log.Directory : Path.Combine(LogPath, below);

            Directory.Delete(removed, recursive: true);
            RunHousekeeping();

            PartitionLog concerned = below == "offsets" ? log.Offsets.Log : topic[0].Log;
            Assert.IsType<LogDirectoryException>(concerned.Failure?.InnerException);
        });
    }

    [Fact]
    public void Housekeeping_PartitionReplacedByAnotherDirectory_FailsIt() => OnManualTime((log, topic) =>
    {
        string partition = topic[0].Log.Directory;
        Command.CopyOpenLog(partition, _directory["copy"]);

        Directory.Move(partition, OldPath);
        Directory.Move(_directory["copy"], partition);
        RunHousekeeping();

        Assert.IsType<LogDirectoryException>(topic[0].Log.Failure?.InnerException);
        Assert.Null(log.Offsets.Log.Failure);
    });

    [Fact]
    public void Housekeeping_DirectoryMoved_FailsNothing() => OnManualTime((log, topic) =>
    {
        Directory.Move(LogPath, OldPath);
        RunHousekeeping();

        Assert.Null(topic[0].Log.Failure);
        Assert.Null(log.Offsets.Log.Failure);
    });

    /// <summary>However many partitions there are: their directories are found from the log's.</summary>
    [Fact]
    public async Task Open_ManyPartitions_HoldOneDirectoryOpen()
    {
        Require.Linux();
        await using CommitLog log = await OpenAsync();

        await log.EnsureTopicAsync("topic", new TopicOptions { Partitions = 64 });

        string[] open =
        [
            .. Directory.GetFileSystemEntries("/proc/self/fd").Select(fd => new FileInfo(fd).LinkTarget ?? ""),
        ];
        Assert.DoesNotContain(
            open, path => path.StartsWith(LogPath + "/topics", StringComparison.Ordinal) && Directory.Exists(path));
        Assert.InRange(open.Count(path => path == LogPath), 1, 2);
    }

    private async Task<CommitLog> OpenAsync() => await CommitLog.OpenAsync(LogPath);

    /// <summary>Opens a log with one topic on the real disk whose time is the test's, and closes it.</summary>
    private void OnManualTime(Action<CommitLog, Topic> test)
    {
        Platform platform = _machine.Platform with { Files = RealPlatform.Create(TimeProvider.System).Files };
        CommitLog log = _machine.Run(OpenLog.OnAsync(platform, directory: LogPath));
        test(log, _machine.Run(log.EnsureTopicAsync("topic", Options())));
        _machine.Run(log.DisposeAsync());
    }

    private void RunHousekeeping()
    {
        _machine.Time.Advance(TimeSpan.FromMinutes(5));
        _machine.Scheduler.RunUntilIdle();
    }

    /// <summary>Removes a directory with its contents, while its owner creates new files in it.</summary>
    private static void Remove(string directory)
    {
        while (Directory.Exists(directory))
        {
            try
            {
                Directory.Delete(directory, recursive: true);
            }
            catch (IOException)
            {
                // A file was created after the listing. The log finds that its directory is gone, and stops.
            }
        }
    }

    private static async Task AppendAndFlushAsync(OwnedPartition partition, int count)
    {
        AppendMany(partition, count);
        await partition.FlushAsync();
    }

    private static void AppendMany(OwnedPartition partition, int count)
    {
        byte[] value = new byte[ValueBytes];
        for (int i = 0; i < count; i++)
        {
            partition.Append(new RawRecord(value));
        }
    }

    private static int CountRecords(OwnedPartition partition)
    {
        int count = 0;
        using PartitionScan scan = partition.Scan(partition.StartOffset);
        while (scan.TryRead(out _))
        {
            count++;
        }

        return count;
    }

    private static int CountRecords(LogPartition partition)
    {
        int count = 0;
        using PartitionScan scan = partition.Scan(partition.StartOffset);
        while (scan.TryRead(out _))
        {
            count++;
        }

        return count;
    }

    /// <summary>Every segment below a directory; checkpoints come when their log sees fit.</summary>
    private static string[] SegmentsIn(string directory) =>
        [.. Directory.GetFiles(directory, "*.segment", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private static TopicOptions Options() => new() { SegmentBytes = 32 << 10, MaxRecordBytes = 8 << 10 };
}

using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.IO;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests;

/// <summary>What changes nothing writes nothing, so that a full disk does not keep a service from its log.</summary>
public sealed class UnchangedTests : IDisposable
{
    /// <summary>The calls that take space, or that wait for the disk.</summary>
    private static readonly FaultKind[] s_changes =
    [
        FaultKind.CreateDirectory, FaultKind.DeleteDirectory, FaultKind.SyncDirectory, FaultKind.Rename,
        FaultKind.DeleteFile, FaultKind.Allocate, FaultKind.SetLength, FaultKind.Write, FaultKind.Flush,
    ];

    private readonly SimulatedPlatform _simulation;
    private readonly FaultingFileSystem _files;
    private readonly Platform _platform;
    private readonly List<string> _changes = [];

    public UnchangedTests()
    {
        _simulation = new SimulatedPlatform(seed: 1);
        _files = new FaultingFileSystem(_simulation.Platform.Files);
        _platform = _simulation.Platform with { Files = _files };
    }

    public void Dispose()
    {
        Assert.Empty(_simulation.Disk.OpenFiles);
        _simulation.Dispose();
    }

    [Fact]
    public void EnsureTopicAsync_OptionsThatAreThere_WritesNothing() => _simulation.Run(async () =>
    {
        await using CommitLog log = await OpenLog.OnAsync(_platform);
        await log.CreateTopicAsync("topic", Options());
        Watch();

        await log.EnsureTopicAsync("topic", Options());
        await log.EnsureTopicAsync("topic");

        Assert.Empty(_changes);
        Assert.Equal(2, log.GetTopic("topic").Partitions.Count);
    });

    [Fact]
    public void EnsureTopicAsync_EachOptionChanged_IsWrittenOnce() => _simulation.Run(async () =>
    {
        await using CommitLog log = await OpenLog.OnAsync(_platform);
        await log.CreateTopicAsync("topic", Options());
        Action<TopicOptions>[] changes =
        [
            o => o.Retention = new RetentionPolicy { MaxAge = TimeSpan.FromHours(1) },
            o => o.Retention = new RetentionPolicy { MaxBytesPerPartition = 1 << 20 },
            o => o.SegmentBytes = 1 << 20,
            o => o.SegmentAge = TimeSpan.FromHours(3),
            o => o.MaxRecordBytes = 1000,
            o => o.FlushInterval = TimeSpan.FromMinutes(1),
            o => o.TimestampType = TimestampType.LogAppendTime,
            o => o.MaxTimestampAhead = TimeSpan.FromMinutes(2),
        ];
        foreach (Action<TopicOptions> change in changes)
        {
            TopicOptions wanted = Options();
            change(wanted);
            Watch();
            await log.EnsureTopicAsync("topic", wanted);
            Assert.Contains(_changes, each => each.EndsWith("topic.json.new", StringComparison.Ordinal));

            Watch();
            await log.EnsureTopicAsync("topic", wanted);
            Assert.Empty(_changes);
        }
    });

    [Fact]
    public void OpenLog_NothingToDo_WritesNothing()
    {
        // What a group without consumers has committed ages otherwise.
        CommitLogOptions options = new() { OffsetsRetention = Timeout.InfiniteTimeSpan };
        CommitLog log = _simulation.Run(OpenLog.OnAsync(_platform, options));
        _simulation.Run(() => FillAsync(log));
        _simulation.Run(() => FlushAsync(log));
        Settle();
        Watch();

        _simulation.Run(() => FlushAsync(log));
        foreach (OwnedPartition partition in log.GetTopic("topic").Partitions)
        {
            partition.Log.DeleteBefore(partition.StartOffset);
        }

        _simulation.Time.Advance(TimeSpan.FromHours(1));
        Settle();
        Assert.True(_simulation.Run(log.VerifyAsync()).IsIntact);

        Assert.Empty(_changes);
        _simulation.Run(log.DisposeAsync());
    }

    [Fact]
    public void OpenLog_AGroupWithoutConsumers_WritesOnlyForHowLongItWas()
    {
        CommitLog log = _simulation.Run(OpenLog.OnAsync(_platform));
        _simulation.Run(() => FillAsync(log));
        _simulation.Run(() => FlushAsync(log));
        Settle();
        Watch();
        for (int minute = 0; minute < 60; minute++)
        {
            _simulation.Time.Advance(TimeSpan.FromMinutes(1));
            Settle();
        }

        Assert.NotEmpty(_changes);
        string groups = " " + Path.Combine(OpenLog.FullDirectory, "groups") + Path.DirectorySeparatorChar;
        Assert.All(_changes, change => Assert.Contains(groups, change, StringComparison.Ordinal));
        Assert.InRange(_changes.Count(change => change.StartsWith("Flush", StringComparison.Ordinal)), 6, 13);
        _simulation.Run(log.DisposeAsync());
    }

    /// <summary>Who owns the log, and that it was closed, is all that an opening and a closing have to say.</summary>
    [Theory]
    [InlineData(WriteMode.Auto)]
    [InlineData(WriteMode.Positional)]
    public void OpenAndClose_NothingInBetween_WriteTheSessionAlone(WriteMode mode) => _simulation.Run(async () =>
    {
        TopicOptions options = Options();
        options.WriteMode = mode;
        await using (CommitLog log = await OpenLog.OnAsync(_platform))
        {
            await FillAsync(log, options);
        }

        for (int life = 0; life < 3; life++)
        {
            Watch();
            await using (CommitLog log = await OpenLog.OnAsync(_platform))
            {
                await log.EnsureTopicAsync("topic", options);
            }

            Assert.All(_changes, each => Assert.True(IsOfTheOwner(each), each));
        }
    });

    [Fact]
    public void OpenAndClose_FullDisk_LeaveTheLogClosed() => _simulation.Run(async () =>
    {
        await using (CommitLog log = await OpenLog.OnAsync(_platform))
        {
            await FillAsync(log);
        }

        // What is written in place needs no space.
        foreach (FaultKind kind in (FaultKind[])[FaultKind.Allocate, FaultKind.CreateDirectory, FaultKind.Rename])
        {
            _files.Reset();
            _files.Fail(new Fault(kind, 1, FileSystemError.NoSpace) { Lasts = true });
        }

        LogLines lines = new();
        for (int life = 0; life < 3; life++)
        {
            CommitLogOptions quiet = new() { LoggerFactory = lines };
            await using CommitLog log = await OpenLog.OnAsync(_platform, quiet);
            Assert.True(log.Recovery.Clean);
            await log.EnsureTopicAsync("topic", Options());
            Assert.Equal(100, log.GetTopic("topic")[0].EndOffset);
        }

        _files.Clear();
        Assert.DoesNotContain(lines.All, line => line.StartsWith("Warning: The index", StringComparison.Ordinal));
    });

    private static async Task FlushAsync(CommitLog log)
    {
        await log.FlushAsync();
        await log.Offsets.FlushAsync(log.Offsets.Log.PublishedEnd, CancellationToken.None);
    }

    /// <summary>One pause after the other, until every checkpoint is written that a pause calls for.</summary>
    private void Settle()
    {
        for (int second = 0; second < 5; second++)
        {
            _simulation.Time.Advance(TimeSpan.FromSeconds(1));
            _simulation.Scheduler.RunUntilIdle();
        }
    }

    private static TopicOptions Options() => new() { Partitions = 2, MaxRecordBytes = 2000 };

    private static async Task FillAsync(CommitLog log, TopicOptions? options = null)
    {
        Topic topic = await log.EnsureTopicAsync("topic", options ?? Options());
        for (int i = 0; i < 100; i++)
        {
            topic[0].Append(new RawRecord(new byte[1000]));
        }

        log.Offsets.Commit("group", new PartitionCommit(topic[0].Log, 10));
    }

    /// <summary>A directory sync that makes a name durable comes with another change, or changes nothing.</summary>
    private static bool IsOfTheOwner(string change) =>
        Path.GetFileName(change.Split(' ')[1]) is "session" or "lock" or "control"
        || change == $"{FaultKind.SyncDirectory} {OpenLog.FullDirectory}";

    private void Watch()
    {
        _changes.Clear();
        _files.Seen = (kind, path) =>
        {
            if (s_changes.Contains(kind))
            {
                lock (_changes)
                {
                    _changes.Add($"{kind} {path}");
                }
            }
        };
    }
}

using EmbeddedLog.IO;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.UserCode;
using Microsoft.Extensions.Time.Testing;

namespace EmbeddedLog.Tests.Maintenance.Retention;

/// <summary>When retention is applied.</summary>
public sealed class RetentionTaskTests
{
    private static readonly TopicOptions s_topic = new()
    {
        SegmentBytes = 16 << 10,
        MaxRecordBytes = 4_000,
        Retention = new RetentionPolicy { MaxAge = TimeSpan.FromHours(1) },
    };

    [Fact]
    public void Opening_ExpiredRecords_GoSoonAndNotWithinTheOpening()
    {
        using SimulatedPlatform machine = new(seed: 1);
        CommitLog first = machine.Run(OpenLog.OnAsync(machine));
        Topic topic = machine.Run(first.CreateTopicAsync("topic", s_topic));
        Fill(topic);
        machine.Run(first.DisposeAsync());
        machine.Scheduler.RunUntilIdle();
        machine.Time.Advance(TimeSpan.FromHours(2));

        long before = machine.Scheduler.ItemsRun;
        CommitLog second = machine.Run(OpenLog.OnAsync(machine));
        Assert.Equal(before, machine.Scheduler.ItemsRun);
        Assert.Equal(0, second.GetTopic("topic")[0].StartOffset);
        machine.Scheduler.RunUntilIdle();

        // No time has passed.
        Assert.Equal(20, second.GetTopic("topic")[0].StartOffset);
        machine.Run(second.DisposeAsync());
    }

    [Fact]
    public async Task Advance_OfAFakeClockPastTheLimit_AppliesItEachTime()
    {
        for (int run = 0; run < 20; run++)
        {
            using TempDirectory root = new();
            FakeTimeProvider clock = new(DateTimeOffset.UnixEpoch + TimeSpan.FromDays(20_000));
            TaskCompletionSource removed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            CommitLogOptions options = new()
            {
                TimeProvider = clock,
                LoggerFactory = new HostileLogger(new Moods(0, 0))
                {
                    OnLine = line =>
                    {
                        if (line.Contains("now starts at offset 20", StringComparison.Ordinal))
                        {
                            removed.TrySetResult();
                        }
                    },
                },
            };
            await using CommitLog log = await CommitLog.OpenAsync(root["log"], options);
            Topic topic = await log.CreateTopicAsync("topic", s_topic);
            Fill(topic);

            // The one step in which all of it becomes due: the flush, the look, and the age.
            clock.Advance(TimeSpan.FromHours(1) + options.RetentionCheckInterval);

            await removed.Task;
            Assert.Equal(20, topic[0].StartOffset);
        }
    }

    [Fact]
    public async Task ApplyRetentionAsync_DueRecordsThatAreNotOnTheDisk_AreGoneWhenItReturns()
    {
        using TempDirectory root = new();
        FakeTimeProvider clock = new(DateTimeOffset.UnixEpoch + TimeSpan.FromDays(20_000));
        CommitLogOptions options = new() { TimeProvider = clock, RetentionCheckInterval = TimeSpan.FromDays(1) };
        CommitLog log = await CommitLog.OpenAsync(root["log"], options);
        Topic topic = await log.CreateTopicAsync("topic", s_topic);
        Fill(topic);
        clock.Advance(TimeSpan.FromHours(1));
        await log.ApplyRetentionAsync();
        Assert.Equal(0, topic[0].StartOffset);

        clock.Advance(TimeSpan.FromMilliseconds(1));
        await log.ApplyRetentionAsync();

        Assert.Equal(20, topic[0].StartOffset);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await log.ApplyRetentionAsync(new CancellationToken(canceled: true)));
        await log.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await log.ApplyRetentionAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Round_FilesThatCouldNotBeDeleted_AreDeletedByTheNextOneOrByClosing(bool closes)
    {
        using SimulatedPlatform machine = new(seed: 1);
        FaultingFileSystem faults = new(machine.Platform.Files);
        CommitLogOptions options = new();
        CommitLog log = machine.Run(OpenLog.OnAsync(machine.Platform with { Files = faults }, options));
        Topic topic = machine.Run(log.CreateTopicAsync("topic", s_topic));
        string directory = topic[0].Log.Directory;
        Fill(topic);
        machine.Run(topic[0].FlushAsync());
        int Segments() => machine.Platform.Files.ListFiles(directory).Count(
            name => name.EndsWith(".segment", StringComparison.Ordinal));
        int before = Segments();
        long next = faults.CountOf(FaultKind.DeleteFile) + 1;
        faults.Fail(new Fault(FaultKind.DeleteFile, next, FileSystemError.InUse) { Lasts = true });

        machine.Time.Advance(TimeSpan.FromHours(1) + options.RetentionCheckInterval);
        machine.Scheduler.RunUntilIdle();
        Assert.Equal(20, topic[0].StartOffset);
        Assert.InRange(Segments(), before, int.MaxValue);

        faults.Clear();
        if (closes)
        {
            machine.Run(log.DisposeAsync());
        }
        else
        {
            machine.Time.Advance(options.RetentionCheckInterval);
            machine.Scheduler.RunUntilIdle();
        }

        Assert.InRange(Segments(), 0, 2);
        machine.Run(log.DisposeAsync());
    }

    [Fact]
    public void ApplyRetentionAsync_OnePartitionFails_TheOthersAreDone()
    {
        using SimulatedPlatform machine = new(seed: 1);
        FaultingFileSystem faults = new(machine.Platform.Files);
        CommitLogOptions options = new() { RetentionCheckInterval = TimeSpan.FromDays(1) };
        CommitLog log = machine.Run(CommitLog.OpenAsync(
            "/log", options, machine.Platform with { Files = faults }, TestContext.Current.CancellationToken));
        Topic topic = machine.Run(log.CreateTopicAsync("topic", new TopicOptions
        {
            Partitions = 3,
            SegmentBytes = s_topic.SegmentBytes,
            MaxRecordBytes = s_topic.MaxRecordBytes,
            Retention = s_topic.Retention,
        }));
        foreach (OwnedPartition partition in topic.Partitions)
        {
            Fill(partition);
        }

        machine.Run(log.FlushAsync());
        machine.Time.Advance(TimeSpan.FromHours(2));
        machine.Scheduler.RunUntilIdle();

        // The first thing that is written now is where the first partition begins.
        faults.Reset();
        faults.Fail(new Fault(FaultKind.Write, 1, FileSystemError.NoSpace));
        Assert.Throws<DiskFullException>(() => machine.Run(log.ApplyRetentionAsync()));

        Assert.Equal([0, 20, 20], topic.Partitions.Select(partition => partition.StartOffset));
        faults.Clear();
        machine.Run(log.DisposeAsync());
    }

    [Fact]
    public void ApplyRetentionAsync_CancelledInTheLastPartition_SaysSo()
    {
        using SimulatedPlatform machine = new(seed: 1);
        CommitLogOptions options = new() { RetentionCheckInterval = TimeSpan.FromDays(1) };
        CommitLog log = machine.Run(OpenLog.OnAsync(machine, options));
        Topic topic = machine.Run(log.CreateTopicAsync("topic", s_topic));
        machine.Scheduler.RunUntilIdle();
        Fill(topic[0]);
        machine.Time.Advance(TimeSpan.FromHours(2));
        using CancellationTokenSource cancellation = new();

        // It waits for the flush of what is to go.
        Task applied = log.ApplyRetentionAsync(cancellation.Token).AsTask();
        Assert.False(applied.IsCompleted);
        cancellation.Cancel();

        Assert.ThrowsAny<OperationCanceledException>(() => machine.Run(new ValueTask(applied)));
        machine.Run(log.DisposeAsync());
    }

    private static void Fill(Topic topic) => Fill(topic[0]);

    private static void Fill(OwnedPartition partition)
    {
        for (int i = 0; i < 20; i++)
        {
            partition.Append(new RawRecord("key"u8, new byte[2_000]));
        }
    }
}

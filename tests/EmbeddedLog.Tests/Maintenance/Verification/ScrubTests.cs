using EmbeddedLog.IO;
using EmbeddedLog.Partitions;
using EmbeddedLog.Segments.Reading;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Infrastructure.Processes;
using Microsoft.Extensions.Logging;
using static EmbeddedLog.Tests.Infrastructure.PartitionEnvironment;

namespace EmbeddedLog.Tests.Maintenance.Verification;

/// <summary>What a log does that verifies itself while it is used.</summary>
public sealed class ScrubTests : IDisposable
{
    private const int Records = 2_000;
    private const long Rate = 64 << 10;

    private readonly LogLines _lines = new();

    [Fact]
    public void Scrub_NotAskedFor_DoesNotRun()
    {
        using SimulatedPlatform machine = new(seed: 1);
        CommitLog log = Open(machine, machine.Platform, new CommitLogOptions());

        Pass(machine, TimeSpan.FromDays(3));

        Assert.Null(log.LastScrub);
        Close(machine, log);
    }

    [Fact]
    public void Scrub_IntactLog_LogsEachRound()
    {
        using SimulatedPlatform machine = new(seed: 1);
        CommitLog log = Open(machine);
        Assert.Null(log.LastScrub);

        Pass(machine, TimeSpan.FromHours(1));

        ScrubReport first = Assert.IsType<ScrubReport>(log.LastScrub);
        Assert.True(first.Verified.IsIntact);
        Assert.Equal((Records, 2), (first.Verified.Records, first.Verified.Partitions));
        Assert.False(first.BypassedPageCache);
        Assert.Contains(_lines.All, line => line.Contains("A scrub checked 2000 records", StringComparison.Ordinal));
        Pass(machine, TimeSpan.FromDays(1));
        Assert.Equal(TimeSpan.FromDays(1), log.LastScrub!.BeganAt - first.BeganAt);
        Close(machine, log);
    }

    [Fact]
    public void Scrub_ChangedBitBelowTheDurableEnd_IsFoundAndLoggedEachTime()
    {
        using SimulatedPlatform machine = new(seed: 1);
        CommitLog log = Open(machine);
        PartitionLog partition = log.GetTopic("topic")[0].Log;
        Segment segment = partition.Segments.Items[1];
        Flip(machine.Platform.Files, segment.Path, 8192);

        for (int round = 1; round <= 2; round++)
        {
            Pass(machine, TimeSpan.FromDays(1));

            VerifyFinding finding = Assert.Single(log.LastScrub!.Verified.Findings);
            Assert.Equal((segment.Path, partition.Id), (finding.File, finding.Partition));
            Assert.Equal(1, finding.EndOffset - finding.FirstOffset);
            string beginning = $"Error: The scrub found damage in '{segment.Path}'";
            string offsets = $"offsets {finding.FirstOffset} to {finding.FirstOffset} cannot be read";
            Assert.Equal(round, _lines.All.Count(line => line.StartsWith(beginning, StringComparison.Ordinal)
                && line.Contains(offsets, StringComparison.Ordinal)));
        }

        Close(machine, log);
    }

    [Fact]
    public void Scrub_BoundedRate_HoldsByTheClock()
    {
        using SimulatedPlatform machine = new(seed: 1);
        CommitLog log = Open(machine);

        Pass(machine, TimeSpan.FromHours(1));

        ScrubReport round = log.LastScrub!;
        TimeSpan least = TimeSpan.FromSeconds((double)round.Verified.Bytes / Rate);
        Assert.True(least > TimeSpan.FromSeconds(3), $"{round.Verified.Bytes} bytes");
        Assert.InRange(round.EndedAt - round.BeganAt, least, least + TimeSpan.FromSeconds(1));
        Close(machine, log);
    }

    [Fact]
    public void Scrub_RoundLongerThanItsInterval_IsFollowedByTheNext()
    {
        using SimulatedPlatform machine = new(seed: 1);
        CommitLog log = Open(machine, machine.Platform, Options(TimeSpan.FromSeconds(1)));
        Pass(machine, TimeSpan.FromSeconds(10));
        ScrubReport first = log.LastScrub!;

        Pass(machine, first.EndedAt - first.BeganAt);

        Assert.Equal(first.EndedAt, log.LastScrub!.BeganAt);
        Close(machine, log);
    }

    [Fact]
    public void Scrub_UnderWay_LetsAppendsThroughAndChecksThemNextTime()
    {
        using SimulatedPlatform machine = new(seed: 1);
        CommitLog log = Open(machine);
        Pass(machine, TimeSpan.FromSeconds(1));

        AppendNumbered(log.GetTopic("topic")[0].Log, Records + 500);
        machine.Run(log.FlushAsync());
        Pass(machine, TimeSpan.FromHours(25));

        Assert.Empty(log.LastScrub!.Verified.Findings);
        Assert.Equal(Records + 500, log.LastScrub.Verified.Records);
        Close(machine, log);
    }

    [Fact]
    public void Scrub_TopicDeletedMeanwhile_IsNoDamage()
    {
        using SimulatedPlatform machine = new(seed: 1);
        CommitLog log = Open(machine);
        Pass(machine, TimeSpan.FromSeconds(1));

        machine.Run(log.DeleteTopicAsync("topic"));
        Pass(machine, TimeSpan.FromHours(1));

        Assert.Empty(log.LastScrub!.Verified.Findings);
        Assert.DoesNotContain(_lines.All, line => line.StartsWith("Error", StringComparison.Ordinal));
        Close(machine, log);
    }

    [Fact]
    public void Scrub_LogDisposedInTheMiddle_Stops()
    {
        using SimulatedPlatform machine = new(seed: 1);
        CommitLog log = Open(machine);
        Pass(machine, TimeSpan.FromSeconds(1));

        Close(machine, log);

        Assert.Null(log.LastScrub);
        Assert.Equal(0, machine.Time.ActiveTimers);
        Assert.DoesNotContain(_lines.All, line => line.Contains("scrub", StringComparison.Ordinal));
    }

    [Fact]
    public void Scrub_LogDisposedBetweenRounds_BeginsNoMore()
    {
        using SimulatedPlatform machine = new(seed: 1);
        CommitLog log = Open(machine);
        Pass(machine, TimeSpan.FromHours(1));
        ScrubReport? last = log.LastScrub;

        Close(machine, log);
        Pass(machine, TimeSpan.FromDays(2));

        Assert.NotNull(last);
        Assert.Same(last, log.LastScrub);
    }

    [Fact]
    public void Scrub_NoHandlesLeft_BeginsAnewNextTime()
    {
        using SimulatedPlatform machine = new(seed: 1);
        FaultingFileSystem faults = new(machine.Platform.Files);
        CommitLog log = Open(machine, machine.Platform with { Files = faults }, Options(TimeSpan.FromDays(1)));
        faults.Reset();
        faults.Fail(FaultKind.OpenFile, 3, FileSystemError.TooManyFiles);

        Pass(machine, TimeSpan.FromHours(1));
        Assert.Null(log.LastScrub);
        Assert.Contains(_lines.All, line => line.StartsWith("Warning: A round of the scrub", StringComparison.Ordinal));
        Pass(machine, TimeSpan.FromDays(1));

        Assert.True(log.LastScrub!.Verified.IsIntact);
        Close(machine, log);
    }

    [Fact]
    public async Task Scrub_Ext4_ReadsTheDevice()
    {
        Require.UnemulatedDevice();
        using LoopMount mount = LoopMount.Create("ext4", 32);
        RoundLogger rounds = new(_lines);
        CommitLogOptions options = new() { ScrubBytesPerSecond = 1L << 40, LoggerFactory = rounds };
        string directory = mount["log"];
        await using (CommitLog log = await CommitLog.OpenAsync(directory))
        {
            Topic topic = await log.CreateTopicAsync("topic", new TopicOptions { SegmentBytes = SegmentBytes });
            AppendNumbered(topic[0].Log, Records);
            Flip(log.Parts.Platform.Files, topic[0].Log.Segments.Items[0].Path, 8192);
        }

        await using CommitLog scrubbed = await CommitLog.OpenAsync(directory, options);

        Assert.Contains("past the page cache: True", await rounds.Ended, StringComparison.Ordinal);
        Assert.True(scrubbed.LastScrub!.BypassedPageCache);
        Assert.Equal("a wrong checksum", Assert.Single(scrubbed.LastScrub.Verified.Findings).Actual);
    }

    public void Dispose() => _lines.Dispose();

    private CommitLogOptions Options(TimeSpan interval) =>
        new() { ScrubBytesPerSecond = Rate, ScrubInterval = interval, LoggerFactory = _lines };

    private CommitLog Open(SimulatedPlatform machine) =>
        Open(machine, machine.Platform, Options(TimeSpan.FromDays(1)));

    private static CommitLog Open(SimulatedPlatform machine, Platform platform, CommitLogOptions options)
    {
        // Filled before, for the first round begins with the opening.
        CommitLog filled = machine.Run(OpenLog.OnAsync(platform).AsTask);
        TopicOptions topicOptions = new() { SegmentBytes = SegmentBytes, Retention = RetentionPolicy.KeepForever };
        Topic topic = machine.Run(() => filled.CreateTopicAsync("topic", topicOptions).AsTask());
        AppendNumbered(topic[0].Log, Records);
        machine.Run(filled.DisposeAsync());
        return machine.Run(OpenLog.OnAsync(platform, options).AsTask);
    }

    private static void Close(SimulatedPlatform machine, CommitLog log)
    {
        machine.Run(log.DisposeAsync());
        machine.Scheduler.RunUntilIdle();
        Assert.Empty(machine.Disk.OpenFiles);
        Assert.Empty(machine.Disk.LiveMaps);
    }

    /// <summary>Lets time pass, from timer to timer.</summary>
    private static void Pass(SimulatedPlatform machine, TimeSpan time)
    {
        machine.Run(() => Task.Delay(time, machine.Time), time + TimeSpan.FromSeconds(1));
        machine.Run(async () =>
        {
            // What became due with the last tick runs before the test looks.
            while (machine.Scheduler.Waiting > 0)
            {
                machine.Scheduler.RunOne();
            }

            await Task.CompletedTask;
        });
    }

    private static void Flip(FileSystem files, string path, long position)
    {
        using LogFile file = files.OpenFile(path, FileOpening.ReadWrite);
        byte[] one = new byte[1];
        file.Read(one, position);
        one[0] ^= 1;
        file.Write(one, position);
        file.Flush(0, file.Length);
    }

    /// <summary>Tells when a round has ended.</summary>
    private sealed class RoundLogger(LogLines lines) : ILogger, ILoggerFactory
    {
        private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<string> Ended => _ended.Task;

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            lines.Log(logLevel, eventId, state, exception, formatter);
            if (eventId.Id == 102)
            {
                _ended.TrySetResult(formatter(state, exception));
            }
        }
    }
}

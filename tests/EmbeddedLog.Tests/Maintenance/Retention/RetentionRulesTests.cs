using EmbeddedLog.Maintenance.Retention;
using EmbeddedLog.Partitions;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Maintenance.Retention;

/// <summary>Kafka's rules of retention, on a simulated disk.</summary>
public sealed class RetentionRulesTests : IDisposable
{
    private const int SegmentBytes = 16 << 10;
    private const int ValueBytes = 1000;

    private readonly SimulatedPlatform _simulation = new(seed: 1);
    private readonly PartitionFixture _fixture;

    public RetentionRulesTests()
    {
        _simulation.Platform.Files.CreateDirectory(OpenLog.Directory);
        _simulation.Platform.Files.SyncDirectory("/");
        _fixture = new PartitionFixture(_simulation.Platform, OpenLog.Directory);
    }

    private long Now => _simulation.Time.GetUtcNow().ToUnixTimeMilliseconds();

    [Fact]
    public void Apply_ByAge_RemovesWholeSegmentsUpToTheFirstThatStays()
    {
        PartitionLog log = Open(new RetentionPolicy { MaxAge = TimeSpan.FromHours(1) });
        Fill(log, segments: 3, timestamp: Now - 7_200_000);
        long young = log.PublishedEnd;
        log.Writer.Roll(log.Settings, Now);
        Fill(log, segments: 2, timestamp: Now);

        Assert.Equal(3, RetentionRules.Apply(log, Now));
        Assert.Equal(young, log.StartOffset);
        Assert.Equal(young, log.Segments.Items[0].BaseOffset);
        Assert.Equal(0, RetentionRules.Apply(log, Now));
        Assert.Throws<OffsetUnavailableException>(() => log.Scan(young - 1).Dispose());
    }

    [Fact]
    public void Apply_OneYoungRecordInTheOldestSegment_KeepsAll()
    {
        PartitionLog log = Open(new RetentionPolicy { MaxAge = TimeSpan.FromHours(1) });
        log.Append(Value(Now), out _);
        Fill(log, segments: 3, timestamp: Now - 7_200_000);
        Fill(log, segments: 1, timestamp: Now);

        Assert.Equal(0, RetentionRules.Apply(log, Now));
        Assert.Equal(0, log.StartOffset);
    }

    [Fact]
    public void Apply_AllExpired_RollsFirstAndGoesOnAtTheEnd()
    {
        PartitionLog log = Open(new RetentionPolicy { MaxAge = TimeSpan.FromHours(1) });
        Fill(log, segments: 2, timestamp: Now - 7_200_000);
        long end = log.PublishedEnd;

        Assert.Equal(2, RetentionRules.Apply(log, Now));
        Assert.Equal(end, log.StartOffset);
        Assert.Equal(end, log.PublishedEnd);
        Assert.Equal(end, log.Append(Value(Now), out _));
    }

    [Fact]
    public void Apply_BySize_RemovesOnlyWhileTheRestStaysAtOrAboveTheLimit()
    {
        PartitionLog log = Open(new RetentionPolicy { MaxAge = null, MaxBytesPerPartition = 3 * SegmentBytes });
        Fill(log, segments: 6, timestamp: Now);

        RetentionRules.Apply(log, Now);
        long rest = log.SizeBytes;
        long oldest = log.Segments.Items[0].EndPosition;
        Assert.True(rest >= 3 * SegmentBytes, $"{rest} bytes are left");
        Assert.True(rest - oldest < 3 * SegmentBytes, $"{oldest} of {rest} bytes more could have gone");
    }

    [Fact]
    public void Apply_ExpiredButNotDurable_WaitsForTheFlush()
    {
        PartitionLog log = Open(new RetentionPolicy { MaxAge = TimeSpan.FromHours(1) });
        log.Append(Value(Now - 7_200_000), out _);

        // A power loss could take the record, and the log would end before the start that retention has made durable.
        Assert.Equal(0, RetentionRules.Apply(log, Now));
        Assert.Equal(0, log.StartOffset);
        _simulation.Scheduler.RunUntilIdle();
        Assert.Equal(1, RetentionRules.Apply(log, Now));
        Assert.Equal(1, log.StartOffset);
    }

    [Fact]
    public void Apply_Off_RemovesNothing()
    {
        PartitionLog log = Open(RetentionPolicy.KeepForever);
        Fill(log, segments: 4, timestamp: 0);
        Assert.Equal(0, RetentionRules.Apply(log, Now));
        Assert.Equal(0, log.StartOffset);
    }

    [Fact]
    public void Apply_AfterPowerLoss_TheStartHasNotMovedBackBelowWhatIsGone()
    {
        PartitionLog log = Open(new RetentionPolicy { MaxAge = TimeSpan.FromHours(1) });
        Fill(log, segments: 3, timestamp: Now - 7_200_000);
        Fill(log, segments: 1, timestamp: Now);
        RetentionRules.Apply(log, Now);
        long start = log.StartOffset;

        using SimulatedPlatform after = _simulation.Crash(CrashKind.PowerLoss);
        PartitionFixture fixture = new(after.Platform, OpenLog.Directory, clean: false);
        PartitionLog recovered = fixture.Open(settings: log.Settings);
        Assert.Equal(start, recovered.StartOffset);
        after.Run(fixture.DisposeAsync());
    }

    public void Dispose() => _simulation.Dispose();

    private PartitionLog Open(RetentionPolicy retention) =>
        _fixture.Open(settings: PartitionFixture.Settings(SegmentBytes) with { Retention = retention });

    private static RawRecord Value(long timestamp) => new(new byte[ValueBytes]) { Timestamp = timestamp };

    /// <summary>
    /// Appends until that many more segments are full, or nearly, and flushes: only then can they go.
    /// </summary>
    private void Fill(PartitionLog log, int segments, long timestamp)
    {
        int count = segments * ((SegmentBytes - 4096) / (ValueBytes + 32));
        for (int i = 0; i < count; i++)
        {
            log.Append(Value(timestamp), out _);
        }

        _simulation.Run(log.FlushAsync(log.PublishedEnd, CancellationToken.None));
    }
}

using EmbeddedLog.Partitions;
using EmbeddedLog.Partitions.Appending;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Partitions.Appending;

/// <summary>When a segment that has ended is flushed, on a clock that stands still unless it is moved.</summary>
public sealed class EndedSegmentFlushPolicyTests
{
    private const int Mebibyte = 1 << 20;

    private readonly byte[] _value = new byte[Mebibyte];

    [Theory]
    [InlineData(4, 1000, false)]
    [InlineData(4, 500, false)]
    [InlineData(3, 1000, true)]
    [InlineData(4, 1001, true)]
    [InlineData(4, null, true)]
    public void Roll_IsFollowedByAFlush_UnlessOneComesWithinASecondAnyway(int mebibytes, int? interval, bool expected)
    {
        using SimulatedPlatform machine = new(seed: 7);
        PartitionFixture fixture = new(machine.Platform, "/");
        TimeSpan? flushInterval = interval is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null;
        PartitionLog log = fixture.Open(settings: PartitionFixture.Settings(
            mebibytes * Mebibyte, flushInterval: flushInterval, maxRecordBytes: 2 * Mebibyte));
        AppendUpTo(log, segments: 2);
        machine.Scheduler.RunUntilIdle();
        Assert.Equal(expected, log.DurableEnd > 0);

        if (flushInterval is { } pause)
        {
            machine.Time.Advance(pause);
            machine.Scheduler.RunUntilIdle();
            Assert.Equal(log.PublishedEnd, log.DurableEnd);
        }

        machine.Run(fixture.DisposeAsync());
    }

    /// <summary>Each that is not flushed keeps a descriptor, and a kill leaves it to be copied.</summary>
    [Fact]
    public void Roll_WithSixteenSegmentsUnflushed_WaitsNoLonger()
    {
        using SimulatedPlatform machine = new(seed: 8);
        PartitionFixture fixture = new(machine.Platform, "/");
        PartitionLog log = fixture.Open(settings: PartitionFixture.Settings(
            4 * Mebibyte, flushInterval: TimeSpan.FromSeconds(1), maxRecordBytes: 2 * Mebibyte));
        AppendUpTo(log, EndedSegmentFlushPolicy.MaxUnflushedSegments);
        machine.Scheduler.RunUntilIdle();
        Assert.Equal(0, log.DurableEnd);

        AppendUpTo(log, EndedSegmentFlushPolicy.MaxUnflushedSegments + 1);
        machine.Scheduler.RunUntilIdle();
        Assert.Equal(log.PublishedEnd, log.DurableEnd);
        machine.Run(fixture.DisposeAsync());
    }

    private void AppendUpTo(PartitionLog log, int segments)
    {
        while (log.Segments.Count < segments)
        {
            log.Append(new RawRecord(_value), out _);
        }
    }
}

using EmbeddedLog.Partitions;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using static EmbeddedLog.Tests.Infrastructure.PartitionEnvironment;

namespace EmbeddedLog.Tests.Segments.Reading;

/// <summary>Who keeps memory mapped, and for how long, is told.</summary>
public sealed class SegmentPinTests : IDisposable
{
    private readonly SimulatedPlatform _machine = new(seed: 1);
    private readonly LogLines _lines = new();
    private readonly CommitLog _log;
    private readonly PartitionLog _partition;

    public SegmentPinTests()
    {
        CommitLogOptions options = new()
        {
            LoggerFactory = _lines,
            RetentionCheckInterval = TimeSpan.FromSeconds(40),
        };
        _log = _machine.Run(OpenLog.OnAsync(_machine, options).AsTask);
        TopicOptions topic = new() { SegmentBytes = SegmentBytes, Retention = RetentionPolicy.KeepForever };
        _partition = _machine.Run(() => _log.EnsureTopicAsync("topic", topic).AsTask())[0].Log;
        AppendNumbered(_partition, 500);
        _machine.Run(_partition.FlushAsync(500, CancellationToken.None));
    }

    public void Dispose()
    {
        _machine.Run(_log.DisposeAsync());
        _machine.Dispose();
        _lines.Dispose();
    }

    [Fact]
    public void GetPins_WithoutReaders_IsEmpty()
    {
        _partition.DeleteBefore(300);
        Assert.Empty(_log.GetPins());
    }

    [Fact]
    public void GetPins_LeaseOfAPresentSegment_ListsItSinceTheFirstLease()
    {
        DateTimeOffset since = _machine.Time.GetUtcNow();
        using (Take(_partition, 0))
        {
            _machine.Time.Advance(TimeSpan.FromSeconds(5));
            using (Take(_partition, 1))
            {
                SegmentPin pin = Assert.Single(_log.GetPins());
                Assert.Equal((2, 0, false), (pin.Leases, pin.Readers, pin.IsRemoved));
                Assert.Equal((new TopicPartition("topic", 0), 0, since), (pin.Partition, pin.BaseOffset, pin.Since));
                Assert.Equal(_partition.Segments.Items[0].Path, pin.File);
                Assert.True(pin.Bytes >= SegmentBytes);
            }

            Assert.Equal(1, Assert.Single(_log.GetPins()).Leases);
        }

        Assert.Empty(_log.GetPins());
    }

    [Fact]
    public void GetPins_LeaseOfARemovedSegment_ListsItUntilItIsDisposed()
    {
        using (Take(_partition, 0))
        {
            _partition.DeleteBefore(300);
            SegmentPin pin = Assert.Single(_log.GetPins());
            Assert.Equal((1, 0, true), (pin.Leases, pin.Readers, pin.IsRemoved));
        }

        Assert.Empty(_log.GetPins());
    }

    [Fact]
    public void GetPins_ScanOfRemovedSegments_ListsItsReaderUntilItEnds()
    {
        using (PartitionScan scan = _partition.Scan(0))
        {
            Assert.True(scan.TryRead(out _));
            Assert.Empty(_log.GetPins());
            _partition.DeleteBefore(300);
            using PartitionScan later = _partition.Scan(400);

            IReadOnlyList<SegmentPin> pins = _log.GetPins();
            Assert.NotEmpty(pins);
            Assert.All(pins, pin => Assert.Equal((0, 1, true), (pin.Leases, pin.Readers, pin.IsRemoved)));
            Assert.Equal(0, pins[0].BaseOffset);
        }

        Assert.Empty(_log.GetPins());
    }

    [Fact]
    public void GetPins_LeaseOfADeletedTopic_IsListed()
    {
        using (Take(_partition, 0))
        {
            _machine.Run(() => _log.DeleteTopicAsync("topic").AsTask());
            Assert.True(Assert.Single(_log.GetPins()).IsRemoved);
        }

        Assert.Empty(_log.GetPins());
    }

    [Fact]
    public void Retention_RemovedSegmentHeldForAMinute_IsLogged()
    {
        using RecordLease lease = Take(_partition, 0);
        _partition.DeleteBefore(300);
        Wait(40);
        Assert.DoesNotContain(_lines.All, IsWarning);

        Wait(40);
        Assert.Contains("1 leases and 0 readers", Assert.Single(_lines.All, IsWarning), StringComparison.Ordinal);

        static bool IsWarning(string line) => line.StartsWith("Warning: A removed segment", StringComparison.Ordinal);
    }

    private static RecordLease Take(PartitionLog log, long offset)
    {
        using PartitionScan scan = log.Scan(offset);
        Assert.True(scan.TryRead(out RecordView record));
        return record.Lease();
    }

    private void Wait(int seconds)
    {
        _machine.Time.Advance(TimeSpan.FromSeconds(seconds));
        _machine.Scheduler.RunUntilIdle();
    }
}

using EmbeddedLog.Segments.Reading;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Following;

/// <summary>
/// A follower holds nothing that it does not read, however long it lives. Alone, because it measures the heap of the
/// process.
/// </summary>
[Collection(Alone.Name)]
public sealed class FollowerGrowthTests
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    private static readonly TopicOptions s_small = new()
    {
        SegmentBytes = 16 << 10,
        Retention = new RetentionPolicy { MaxBytesPerPartition = 64 << 10 },
    };

    public static TheoryData<bool> Modes => [false, true];

    [Theory]
    [MemberData(nameof(Modes))]
    public void Maps_OfSegmentsNoLongerRead_AreReleased(bool positional)
    {
        using FollowFixture fixture = Create(positional);
        fixture.Open(s_small);
        fixture.Append(200, 700);
        fixture.Close();
        using ReadOnlyLog log = fixture.Follow();
        LogPartition partition = log.GetTopic(FollowFixture.Topic)[0];
        FollowFixture.AssertReads(partition, 0, 200);
        Assert.True(Segments(fixture).Length > 5);

        Pass(fixture, s_minute);
        Assert.Empty(Segments(fixture));
        Assert.Empty(fixture.Machine.Disk.OpenFiles);
        Assert.Equal(0, fixture.Machine.Time.ActiveTimers);

        // What was let go of is read again all the same, and by one who stays inside.
        FollowFixture.AssertReads(partition, 0, 200);
        using PartitionScan scan = partition.Scan(0);
        for (int i = 0; i < 200; i++)
        {
            Assert.True(scan.TryRead(out RecordView record));
            Assert.Equal(i, record.Offset);
            Pass(fixture, TimeSpan.FromSeconds(5));
        }
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Maps_OverHoursOfRetention_AreThoseOfWhatIsRead(bool positional)
    {
        using FollowFixture fixture = Create(positional);
        fixture.Open(s_small);
        using ReadOnlyLog log = fixture.Follow();
        LogPartition partition = log.GetTopic(FollowFixture.Topic)[0];
        SegmentResources segments = log.Parts.Segments;
        int most = 0;
        long atHalf = 0;
        const int Minutes = 600;
        for (int minute = 0; minute < Minutes; minute++)
        {
            long from = fixture.Partition.EndOffset;
            fixture.Append(60, 900);
            fixture.Flush();
            Assert.True(minute < 2 || fixture.Partition.Log.DeleteBefore(from - 60) > 0);
            if (minute % 3 == 0)
            {
                FollowFixture.AssertReads(partition, from, from + 60);
            }

            most = Math.Max(most, segments.Open.Count);
            Pass(fixture, s_minute);
            Assert.Equal(0, segments.Open.Count + segments.Readers.PendingCount);
            Assert.Equal(0, segments.Indexes.Bytes);
            atHalf = minute == Minutes / 2 ? GC.GetTotalMemory(forceFullCollection: true) : atHalf;
        }

        // What one round reads, and nothing of the others; the simulated disk counts for itself.
        Assert.InRange(most, 1, 8);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - atHalf, long.MinValue, 2 << 20);
        Assert.InRange(partition.Source.Segments.Count, 1, 20);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Topics_ThatWereDeleted_LeaveNothingBehind(bool positional)
    {
        using FollowFixture fixture = Create(positional);
        fixture.Open();
        using ReadOnlyLog log = fixture.Follow();
        SegmentResources segments = log.Parts.Segments;
        List<WeakReference> seen = [];
        for (int i = 0; i < 50; i++)
        {
            seen.Add(ReadAndDelete(fixture, log, $"other-{i}"));
            Assert.Equal(0, segments.Open.Count + segments.Readers.PendingCount);
        }

        Assert.Single(log.Topics);
        Assert.DoesNotContain(fixture.Machine.Disk.LiveMaps, IsOfOther);
        Assert.DoesNotContain(fixture.Machine.Disk.OpenFiles, IsOfOther);
        Pass(fixture, s_minute);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.InRange(seen.Count(each => each.IsAlive), 0, 2);
        GC.KeepAlive(log);
    }

    private static bool IsOfOther(string path) => path.Contains("other-", StringComparison.Ordinal);

    private static string[] Segments(FollowFixture fixture) =>
        [.. fixture.Machine.Disk.LiveMaps.Where(path => path.EndsWith(".segment", StringComparison.Ordinal))];

    [Fact]
    public void GetPins_LeaseOfASegmentThatRetentionHasRemoved_IsListedUntilItIsDisposed()
    {
        using FollowFixture fixture = Create(positional: false);
        fixture.Open();
        fixture.Append(100, 700);
        fixture.Flush();
        using ReadOnlyLog log = fixture.Follow();
        LogPartition partition = log.GetTopic(FollowFixture.Topic)[0];
        Assert.Empty(log.GetPins());
        RecordLease lease = Lease(partition, 0);
        Assert.False(Assert.Single(log.GetPins()).IsRemoved);

        fixture.Partition.Log.DeleteBefore(60);
        SegmentPin pin = Assert.Single(log.GetPins());
        Assert.True(pin.IsRemoved);
        Assert.Equal(1, pin.Leases);
        Assert.Equal(partition.TopicPartition, pin.Partition);

        lease.Dispose();
        Assert.Empty(log.GetPins());
        fixture.Finish(fixture.Owner!.DeleteTopicAsync(FollowFixture.Topic).AsTask());
        Assert.Empty(log.GetPins());
        log.Dispose();
        Assert.Throws<ObjectDisposedException>(() => log.GetPins());
    }

    private static RecordLease Lease(LogPartition partition, long offset)
    {
        using PartitionScan scan = partition.Scan(offset);
        Assert.True(scan.TryRead(out RecordView record));
        return record.Lease();
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference ReadAndDelete(FollowFixture fixture, ReadOnlyLog log, string name)
    {
        Topic topic = fixture.Finish(fixture.Owner!.CreateTopicAsync(name, s_small).AsTask());
        for (int i = 0; i < 60; i++)
        {
            topic[0].Append(new RawRecord(new byte[900]));
        }

        ReadOnlyTopic followed = log.GetTopic(name);
        using (PartitionScan scan = followed[0].Scan(0))
        {
            while (scan.TryRead(out _))
            {
            }
        }

        fixture.Finish(fixture.Owner.DeleteTopicAsync(name).AsTask());
        Assert.False(log.TryGetTopic(name, out _));
        return new WeakReference(followed[0].Source);
    }

    /// <summary>Lets time pass for the follower, second by second.</summary>
    private static void Pass(FollowFixture fixture, TimeSpan time)
    {
        for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromSeconds(5))
        {
            fixture.Machine.Time.Advance(TimeSpan.FromSeconds(5));
            fixture.Machine.Scheduler.RunUntilIdle();
        }
    }

    private static FollowFixture Create(bool positional) =>
        new(options: positional ? SimulationOptions.Positional : new SimulationOptions());
}

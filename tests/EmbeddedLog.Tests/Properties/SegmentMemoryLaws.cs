using System.Runtime.CompilerServices;
using EmbeddedLog.Maintenance.Retention;
using EmbeddedLog.Partitions;
using EmbeddedLog.Partitions.Reading;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Segments.Reading;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using FsCheck;
using FsCheck.Fluent;
using static EmbeddedLog.Tests.Infrastructure.PartitionEnvironment;

namespace EmbeddedLog.Tests.Properties;

/// <summary>
/// What holds for any order of appends, scans, searches, leases, closings and retention: no more segments are mapped
/// than may be, but for those that somebody holds, and of a removed segment nothing is left in memory.
/// </summary>
public sealed class SegmentMemoryLaws
{
    private const int MaxOpen = 2;

    [Fact]
    public void NothingOfARemovedSegmentStaysAndNoMoreAreMappedThanMayBe() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), Check)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(60));

    [Fact]
    public void HoursOfRetentionKeepNoMoreThanTheirFirstMinutes()
    {
        using SimulatedPlatform machine = new(seed: 3);
        PartitionFixture fixture = new(machine.Platform, "/");
        PartitionLog log = fixture.Open(settings: Settings());
        List<WeakReference> removed = [];
        for (int second = 0; second < 3 * 60 * 60; second += 4)
        {
            Append(machine, log, 110, valueBytes: 150);
            machine.Time.Advance(TimeSpan.FromSeconds(4));
            machine.Scheduler.RunUntilIdle();
            ApplyRetention(machine, log, removed);
        }

        int live = log.Segments.Count;
        Assert.InRange(live, 1, 60);
        Assert.InRange(removed.Count, 2_000, 20_000);
        Assert.Equal(0, StillAlive(removed));
        Assert.InRange(fixture.Segments.Indexes.Count, 0, live);
        Assert.InRange(fixture.Segments.Open.Count, 0, live);
        machine.Run(fixture.DisposeAsync());
    }

    /// <summary>Without an append no flush comes by that would close what retention has ended and removed.</summary>
    [Fact]
    public void Retention_OfAllOfAnIdlePartition_KeepsNoFileOfWhatItRemoved()
    {
        using SimulatedPlatform machine = new(seed: 5);
        PartitionFixture fixture = new(machine.Platform, "/");
        PartitionLog log = fixture.Open(settings: Settings());
        List<WeakReference> removed = [];
        Append(machine, log, 10);
        machine.Time.Advance(TimeSpan.FromMinutes(2));
        machine.Scheduler.RunUntilIdle();
        string path = PathOfLast(log);

        ApplyRetention(machine, log, removed);
        machine.Scheduler.RunUntilIdle();

        Assert.Equal(2, removed.Count);
        Assert.DoesNotContain(machine.Disk.OpenFiles, file => file.EndsWith(path, StringComparison.Ordinal));
        Assert.Equal(0, StillAlive(removed));
        machine.Run(fixture.DisposeAsync());
    }

    [Fact]
    public void DeletedTopicsLeaveNothing()
    {
        using SimulatedPlatform machine = new(seed: 4);
        PartitionFixture fixture = new(machine.Platform, "/", maxOpen: MaxOpen);
        for (int topic = 0; topic < 5; topic++)
        {
            OpenReadAndClose(machine, fixture, $"topic{topic}");
            machine.Time.Advance(TimeSpan.FromMinutes(1));
            machine.Scheduler.RunUntilIdle();
        }

        Assert.Equal(0, fixture.Segments.Indexes.Count);
        Assert.Equal(0, fixture.Segments.Open.Count);
        fixture.Background.Dispose();
    }

    /// <summary>In a frame of its own: in a Debug build a temporary of the caller's would hold the segment.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string PathOfLast(PartitionLog log) => log.Segments.Last!.Path;

    private static PartitionSettings Settings() => PartitionFixture.Settings(SegmentBytes) with
    {
        Retention = new RetentionPolicy { MaxAge = TimeSpan.FromMinutes(1) },
    };

    private static void Check(int seed)
    {
        Random random = new(seed);
        using SimulatedPlatform machine = new(seed);
        PartitionFixture fixture = new(machine.Platform, "/", maxOpen: MaxOpen);
        PartitionLog log = fixture.Open(settings: Settings());
        List<WeakReference> removed = [];
        List<RecordLease> leases = [];
        Append(machine, log, 800);
        for (int step = random.Next(20, 60); step > 0; step--)
        {
            Act(machine, log, removed, leases, random);
            AssertBound(machine, log, $"seed {seed}");
        }

        leases.ForEach(lease => lease.Dispose());
        AssertBound(machine, log, $"seed {seed}, at the end");
        Assert.Equal(0, fixture.Segments.Readers.PendingCount);
        Assert.Empty(fixture.Segments.Removed.ToArray());
        Assert.Equal(0, StillAlive(removed));
        machine.Run(fixture.DisposeAsync());
        Assert.Empty(machine.Disk.LiveMaps);
    }

    /// <summary>Apart, so that no local variable of it keeps anything.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Act(
        SimulatedPlatform machine,
        PartitionLog log,
        List<WeakReference> removed,
        List<RecordLease> leases,
        Random random)
    {
        long somewhere = random.NextInt64(log.StartOffset, log.PublishedEnd + 1);
        switch (random.Next(7))
        {
            case 0:
                Append(machine, log, random.Next(1, 300));
                break;
            case 1:
                ApplyRetention(machine, log, removed);
                break;
            case 2:
                machine.Time.Advance(TimeSpan.FromSeconds(random.Next(1, 30)));
                machine.Scheduler.RunUntilIdle();
                break;
            case 3:
                TakeLeases(log, leases, random.Next(1, 20), random);
                break;
            case 4 when leases.Count > 0:
                int some = random.Next(leases.Count);
                leases[some..].ForEach(lease => lease.Dispose());
                leases.RemoveRange(some, leases.Count - some);
                break;
            case 5:
                _ = TimestampSearch.Find(log, machine.Time.GetUtcNow().ToUnixTimeMilliseconds() - random.Next(60_000));
                break;
            default:
                ReadAcrossAClosing(log, somewhere, random.Next(1, 400));
                break;
        }
    }

    private static void TakeLeases(PartitionLog log, List<RecordLease> leases, int count, Random random)
    {
        for (int i = 0; i < count; i++)
        {
            using PartitionScan scan = log.Scan(random.NextInt64(log.StartOffset, log.PublishedEnd + 1));
            if (scan.TryRead(out RecordView record))
            {
                leases.Add(record.Lease());
            }
        }
    }

    /// <summary>
    /// Two readers side by side: what one has closed for it waits for the other, whose slot is one that a consumer
    /// keeps.
    /// </summary>
    private static void ReadAcrossAClosing(PartitionLog log, long from, int count)
    {
        ReaderSlot slot = log.Readers.Rent();
        using (PartitionScan kept = new(log, slot, ownsSlot: false, ScanPosition.At(from), log.Truncations))
        {
            using PartitionScan scan = log.Scan(log.StartOffset);
            kept.TryRead(out _);
            while (count-- > 0 && scan.TryRead(out _))
            {
                // The records are of no interest, the segments are.
            }
        }

        // As a consumer that is never disposed.
        Assert.Equal(0, log.Readers.PendingCount);
        log.Readers.Return(slot);
    }

    private static void AssertBound(SimulatedPlatform machine, PartitionLog log, string when)
    {
        machine.Run(log.FlushAsync(log.PublishedEnd, default));
        machine.Scheduler.RunUntilIdle();
        int unheld = 0;
        foreach (Segment segment in log.Segments.Items)
        {
            unheld += segment.IsMapped && segment.EndOffset != long.MaxValue && segment.GetPin() is null ? 1 : 0;
        }

        Assert.True(unheld <= MaxOpen, $"{unheld} segments are mapped that nobody holds: {when}");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Append(SimulatedPlatform machine, PartitionLog log, int count, int valueBytes = 100)
    {
        long now = machine.Time.GetUtcNow().ToUnixTimeMilliseconds();
        for (int i = 0; i < count; i++)
        {
            log.Append(Numbered(log.PublishedEnd, valueBytes) with { Timestamp = now }, out _);
        }

        machine.Run(log.FlushAsync(log.PublishedEnd, default));
        machine.Scheduler.RunUntilIdle();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ApplyRetention(SimulatedPlatform machine, PartitionLog log, List<WeakReference> removed)
    {
        Segment[] before = log.Segments.Items.ToArray();
        int gone = RetentionRules.Apply(log, machine.Time.GetUtcNow().ToUnixTimeMilliseconds());
        removed.AddRange(before[..gone].Select(segment => new WeakReference(segment)));
        removed.AddRange(before[..gone].Select(segment => new WeakReference(segment.Index)));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void OpenReadAndClose(SimulatedPlatform machine, PartitionFixture fixture, string topic)
    {
        PartitionLog log = fixture.Open(topic, settings: Settings());
        Append(machine, log, 600);
        _ = TimestampSearch.Find(log, 1);
        AssertNumbered(log, 0, 600);
        _ = log.Segments.Items[0].Index.Get();
        Assert.NotEqual(0, fixture.Segments.Indexes.Count);
        machine.Run(log.CloseAsync());
    }

    private static int StillAlive(List<WeakReference> removed)
    {
        // A collection of the whole process takes long beside other tests.
        for (int i = 0; i < 3 && removed.Exists(reference => reference.IsAlive); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return removed.Count(reference => reference.IsAlive);
    }
}

using EmbeddedLog.Partitions;
using EmbeddedLog.Partitions.Reading;
using EmbeddedLog.Segments.Reading;
using EmbeddedLog.Tests.Infrastructure;
using static EmbeddedLog.Tests.Infrastructure.PartitionEnvironment;

namespace EmbeddedLog.Tests.Partitions.Reading;

/// <summary>What reading promises, on every file system and in both ways of writing.</summary>
public abstract class ReadContractTests : IDisposable
{
    private readonly PartitionEnvironment _environment;

    private protected ReadContractTests(PartitionEnvironment environment) => _environment = environment;

    [Fact]
    public Task TryReadLast_AnyLog_GivesTheLastRecord() => _environment.PlayAsync(async () =>
    {
        await using PartitionFixture fixture = _environment.Open();
        PartitionLog log = fixture.Open(settings: _environment.Settings());
        OwnedPartition partition = new(log);
        Assert.False(partition.TryReadLast(out _));
        for (int i = 0; i < 300; i++)
        {
            AppendNumbered(log, i + 1);
            Assert.True(partition.TryReadLast(out RecordLease? last));
            Assert.Equal(i, last.Offset);
            last.Dispose();
            Assert.Throws<ObjectDisposedException>(() => last.Value.Length);
        }

        RecordBatch batch = new();
        batch.Add(Numbered(300));
        batch.Add(Numbered(301));
        log.Append(batch, out _);
        Assert.True(partition.TryReadLast(out RecordLease? inBatch));
        using (inBatch)
        {
            Assert.Equal(301, inBatch.Offset);
            Assert.True(inBatch.Key.SequenceEqual(KeyOf(301)));
        }
    });

    [Fact]
    public Task FindOffset_TimestampsInAnyOrder_IsTheFirstAtOrAfter() => _environment.PlayAsync(async () =>
    {
        long[] timestamps = new long[600];
        Random random = new(5);
        await using (PartitionFixture fixture = _environment.Open())
        {
            PartitionLog log = fixture.Open(settings: _environment.Settings());
            for (int i = 0; i < timestamps.Length; i++)
            {
                timestamps[i] = (i * 10) + random.Next(200);
                log.Append(new RawRecord(new byte[100]) { Timestamp = timestamps[i] }, out _);
            }

            AssertFound(log, timestamps);
        }

        await using (PartitionFixture again = _environment.Open())
        {
            AssertFound(again.Open(settings: _environment.Settings()), timestamps);
        }
    });

    /// <summary>A segment opened again has no record behind its last one yet.</summary>
    [Fact]
    public Task FindOffset_LaterThanAllInAReopenedSegment_IsNullAndNoDamage() => _environment.PlayAsync(async () =>
    {
        await using (PartitionFixture fixture = _environment.Open())
        {
            fixture.Open(settings: _environment.Settings()).Append(new RawRecord("v"u8) { Timestamp = 5 }, out _);
        }

        await using PartitionFixture again = _environment.Open();
        PartitionLog log = again.Open(settings: _environment.Settings());
        Assert.Null(TimestampSearch.Find(log, 6));
        log.Append(new RawRecord("v"u8) { Timestamp = 7 }, out _);
        Assert.Equal(1, TimestampSearch.Find(log, 6));
    });

    [Fact]
    public Task Scan_OutsideTheLog_IsRefused() => _environment.PlayAsync(async () =>
    {
        await using PartitionFixture fixture = _environment.Open();
        PartitionLog log = fixture.Open(settings: _environment.Settings());
        AppendNumbered(log, 2);
        log.Scan(2).Dispose();
        OffsetUnavailableException refused =
            Assert.Throws<OffsetUnavailableException>(() => log.Scan(3).Dispose());
        Assert.Equal(3, refused.Offset);
        Assert.Throws<OffsetUnavailableException>(() => log.Scan(-1).Dispose());
    });

    [Fact]
    public Task Scan_ManyColdSegments_KeepsFewMapped() => _environment.PlayAsync(async () =>
    {
        await using (PartitionFixture fixture = _environment.Open())
        {
            AppendNumbered(fixture.Open(settings: _environment.Settings()), 1500);
        }

        await using PartitionFixture again = _environment.Open(maxOpen: 2);
        PartitionLog log = again.Open(settings: _environment.Settings());
        for (int round = 0; round < 2; round++)
        {
            AssertNumbered(log, 0, 1500);
            Assert.InRange(again.Segments.Open.Count, 1, 2);
            Assert.Equal(0, again.Segments.Readers.PendingCount);
        }

        if (_environment.Simulation is { } simulation)
        {
            // The open ones and the one that is written to.
            Assert.InRange(simulation.Disk.LiveMaps.Count, 1, 3);
        }
    });

    /// <summary>A lease holds its memory, also when the scan's has been let go of.</summary>
    [Fact]
    public Task Lease_TakenAfterItsSegmentWasClosed_HoldsTheRecord() => _environment.PlayAsync(async () =>
    {
        await using (PartitionFixture fixture = _environment.Open())
        {
            AppendNumbered(fixture.Open(settings: _environment.Settings()), 1500);
        }

        await using PartitionFixture again = _environment.Open(maxOpen: 2);
        PartitionLog log = again.Open(settings: _environment.Settings());
        RecordLease lease = TakeLate(log);
        Assert.Equal(0, again.Segments.Readers.PendingCount);
        Assert.Equal(0, lease.Offset);
        Assert.True(lease.Key.SequenceEqual(KeyOf(0)));
        Assert.Equal(100, lease.Value.Length);
        Assert.False(lease.Value.ContainsAnyExcept((byte)0));
        lease.Dispose();
    });

    /// <summary>A batch is checked and walked once, however it is read in pieces.</summary>
    [Fact]
    public Task Scan_LeftInABatch_GoesOnWithoutWalkingTheBatchAgain() => _environment.PlayAsync(async () =>
    {
        const int Count = 100;
        await using (PartitionFixture fixture = _environment.Open())
        {
            PartitionLog log = fixture.Open(settings: _environment.Settings());
            RecordBatch batch = new();
            for (int i = 0; i < Count; i++)
            {
                batch.Add(Numbered(i));
            }

            log.Append(batch, out _);
            AppendNumbered(log, 1000);
        }

        await using PartitionFixture again = _environment.Open(maxOpen: 2);
        PartitionLog reopened = again.Open(settings: _environment.Settings());
        ScanPosition from = ScanPosition.At(0);
        for (int i = 0; i < Count; i++)
        {
            from = ReadOne(reopened, from);
            Assert.Equal(Count - i - 1, from.Batch.Remaining);
            if (i % 30 == 0)
            {
                // The memory that holds the batch goes, and comes back elsewhere.
                AssertNumbered(reopened, 300, 1000);
                Assert.False(reopened.Segments.Items[0].IsMapped);
            }
        }

        using PartitionScan rest = new(reopened, from);
        Assert.True(rest.TryRead(out RecordView next));
        Assert.Equal(Count, next.Offset);
    });

    [Fact]
    public Task Scan_IndexFileMissingOrDamaged_ReadsTheSame() => _environment.PlayAsync(async () =>
    {
        string[] indexes;
        await using (PartitionFixture fixture = _environment.Open())
        {
            PartitionLog log = fixture.Open(settings: _environment.Settings());
            AppendNumbered(log, 1000);
            indexes = [.. log.Segments.Items.ToArray().Select(segment => segment.IndexPath)];
        }

        Assert.All(indexes, path => Assert.True(_environment.Platform.Files.FileExists(path)));
        _environment.Platform.Files.DeleteFile(indexes[0]);
        _environment.Damage(indexes[1], 40);
        _environment.Damage(indexes[2], 2);
        await using PartitionFixture again = _environment.Open();
        PartitionLog reopened = again.Open(settings: _environment.Settings());
        for (int from = 0; from < 1000; from += 37)
        {
            AssertNumbered(reopened, from, 1000);
        }
    });

    /// <summary>The index is loaded, also where its last entry stands at the end.</summary>
    [Fact]
    public Task Scan_IndexFileGood_LeadsPastWhatItNeedNotRead() => _environment.PlayAsync(async () =>
    {
        Segment cold = null!;
        await using (PartitionFixture fixture = _environment.Open())
        {
            PartitionLog log = fixture.Open(settings: _environment.Settings());
            AppendNumbered(log, 500);
            cold = log.Segments.Items[0];
        }

        // Whoever had to make the index again would come upon this.
        _environment.Damage(cold.Path, 4096 + 30);
        await using PartitionFixture again = _environment.Open();
        AssertNumbered(again.Open(settings: _environment.Settings()), cold.EndOffset - 1, 500);
    });

    [Fact]
    public Task Scan_DamagedFrame_NamesFileAndPlaceAndCutsNothingOff() => _environment.PlayAsync(async () =>
    {
        Segment cold = null!;
        await using (PartitionFixture fixture = _environment.Open())
        {
            PartitionLog log = fixture.Open(settings: _environment.Settings());
            AppendNumbered(log, 500);
            cold = log.Segments.Items[0];
        }

        const int FrameBytes = 128;
        _environment.Damage(cold.Path, 4096 + (2 * FrameBytes) + 60);
        await using PartitionFixture again = _environment.Open();
        PartitionLog damaged = again.Open(settings: _environment.Settings());
        for (int round = 0; round < 2; round++)
        {
            CorruptLogException told = Assert.Throws<CorruptLogException>(() => ReadAll(damaged));
            Assert.Equal(cold.Path, told.File);
            Assert.Equal(4096 + (2 * FrameBytes), told.Position);
            Assert.Equal(2, told.Offset);
            Assert.NotNull(told.Expected);
            Assert.NotNull(told.Actual);
        }

        Assert.Equal(500, damaged.PublishedEnd);
        AssertNumbered(damaged, cold.EndOffset, 500);
        damaged.Append(Numbered(500), out _);
        AssertNumbered(damaged, cold.EndOffset, 501);
    });

    [Fact]
    public Task Scan_FileMissing_NamesIt() => _environment.PlayAsync(async () =>
    {
        string path;
        await using (PartitionFixture fixture = _environment.Open())
        {
            PartitionLog log = fixture.Open(settings: _environment.Settings());
            AppendNumbered(log, 500);
            path = log.Segments.Items[1].Path;
        }

        _environment.Platform.Files.DeleteFile(path);
        await using PartitionFixture again = _environment.Open();
        CorruptLogException told = Assert.Throws<CorruptLogException>(
            () => again.Open(settings: _environment.Settings()));
        Assert.Equal(path, told.File);
    });

    public void Dispose()
    {
        _environment.Dispose();
        GC.SuppressFinalize(this);
    }

    private static RecordLease TakeLate(PartitionLog log)
    {
        using PartitionScan scan = log.Scan(0);
        Assert.True(scan.TryRead(out RecordView record));
        AssertNumbered(log, 200, 1500);
        Assert.False(log.Segments.Items[0].IsMapped);
        return record.Lease();
    }

    private static ScanPosition ReadOne(PartitionLog log, ScanPosition from)
    {
        using PartitionScan scan = new(log, from);
        Assert.True(scan.TryRead(out RecordView record));
        Assert.Equal(from.NextOffset, record.Offset);
        Assert.True(record.Key.SequenceEqual(KeyOf(from.NextOffset)));
        return scan.Save();
    }

    private static void ReadAll(PartitionLog log)
    {
        using PartitionScan scan = log.Scan(0);
        while (scan.TryRead(out _))
        {
        }
    }

    private static void AssertFound(PartitionLog log, long[] timestamps)
    {
        for (long time = -1; time < 6300; time += 13)
        {
            int index = Array.FindIndex(timestamps, timestamp => timestamp >= time);
            Assert.Equal(index < 0 ? null : index, TimestampSearch.Find(log, time));
        }
    }
}

public sealed class RealMappedReadTests() : ReadContractTests(Real(positional: false));

public sealed class RealPositionalReadTests() : ReadContractTests(Real(positional: true));

public sealed class SimulatedMappedReadTests() : ReadContractTests(Simulated(positional: false));

public sealed class SimulatedPositionalReadTests() : ReadContractTests(Simulated(positional: true));

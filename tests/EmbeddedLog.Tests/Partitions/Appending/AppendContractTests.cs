using EmbeddedLog.Partitions;
using EmbeddedLog.Segments.Reading;
using EmbeddedLog.Tests.Infrastructure;
using static EmbeddedLog.Tests.Infrastructure.PartitionEnvironment;

namespace EmbeddedLog.Tests.Partitions.Appending;

/// <summary>What appending promises, on every file system and in both ways of writing.</summary>
public abstract class AppendContractTests : IDisposable
{
    private static readonly bool[] s_either = [true, false];

    private readonly PartitionEnvironment _environment;

    private protected AppendContractTests(PartitionEnvironment environment) => _environment = environment;

    [Fact]
    public Task Append_RecordsOfEveryForm_AreReadBackAsGiven() => _environment.PlayAsync(async () =>
    {
        await using PartitionFixture fixture = _environment.Open();
        PartitionLog log = fixture.Open(settings: _environment.Settings());
        RecordBatch batch = new();
        Header[] headers = [new("a", "1"), new("a", "2"), new("empty", ""), new("null")];
        for (int together = 0; together < 2; together++)
        {
            foreach (bool hasKey in s_either)
            {
                foreach (byte[] key in new[] { [], "key"u8.ToArray(), new byte[300] })
                {
                    foreach (byte[]? value in new[] { null, [], "value"u8.ToArray(), new byte[1000] })
                    {
                        RawRecord record = new()
                        {
                            Key = key,
                            HasKey = hasKey,
                            Value = value,
                            IsTombstone = value is null,
                            Headers = key.Length == 3 ? headers : default,
                            Timestamp = value?.Length == 0 ? -5 : RawRecord.NoTimestamp,
                        };
                        long offset = AppendOne(log, record, together == 1 ? batch : null);
                        using PartitionScan scan = log.Scan(offset);
                        Assert.True(scan.TryRead(out RecordView read));
                        Assert.Equal(offset, read.Offset);
                        Assert.Equal(hasKey, read.HasKey);
                        Assert.True(read.Key.SequenceEqual(hasKey ? key : []));
                        Assert.Equal(value is null, read.IsTombstone);
                        Assert.True(read.Value.SequenceEqual(value));
                        Assert.Equal(value?.Length == 0 ? -5 : _environment.Now, read.Timestamp);
                        Assert.Equal(key.Length == 3 ? headers : [], read.Headers.ToHeaders().ToArray());
                        Assert.False(scan.TryRead(out _));
                    }
                }
            }
        }
    });

    [Fact]
    public Task AppendBatch_ManyRecords_HaveConsecutiveOffsetsAndAreFoundFromAnyOfThem() =>
        _environment.PlayAsync(async () =>
        {
            await using PartitionFixture fixture = _environment.Open();
            PartitionLog log = fixture.Open(settings: _environment.Settings());
            AppendNumbered(log, 3);
            RecordBatch batch = new();
            for (int i = 3; i < 60; i++)
            {
                batch.Add(Numbered(i));
            }

            Assert.Equal(3, log.Append(batch, out _));
            Assert.Equal(60, log.PublishedEnd);
            AppendNumbered(log, 62);
            for (int from = 0; from <= 62; from++)
            {
                AssertNumbered(log, from, 62);
            }
        });

    [Fact]
    public Task Append_SegmentFull_GoesOnInTheNextWithoutAGap() => _environment.PlayAsync(async () =>
    {
        await using PartitionFixture fixture = _environment.Open();
        PartitionLog log = fixture.Open(settings: _environment.Settings());
        AppendNumbered(log, 1000);

        Assert.InRange(log.Segments.Count, 10, 20);
        foreach (Segment segment in log.Segments.Items)
        {
            Assert.InRange(segment.EndPosition, SegmentBytes - 256, long.MaxValue);
            AssertNumbered(log, segment.BaseOffset, 1000);
        }

        AssertNumbered(log, 0, 1000);
        Assert.InRange(log.SizeBytes, 1000 * 100, (log.Segments.Count * SegmentBytes));
    });

    [Fact]
    public Task Append_SegmentTooOld_GoesOnInTheNext() => _environment.PlayAsync(async () =>
    {
        await using PartitionFixture fixture = _environment.Open();
        PartitionLog log = fixture.Open(settings: _environment.Settings() with { SegmentAgeMilliseconds = 60_000 });
        AppendNumbered(log, 2);
        _environment.Time.Advance(TimeSpan.FromMilliseconds(59_999));
        AppendNumbered(log, 3);
        Assert.Equal(1, log.Segments.Count);

        _environment.Time.Advance(TimeSpan.FromMilliseconds(1));
        AppendNumbered(log, 4);
        Assert.Equal(2, log.Segments.Count);
        AssertNumbered(log, 0, 4);
    });

    /// <summary>As in Kafka, where a segment that is over the limit of now is ended by the next append.</summary>
    [Fact]
    public Task Append_SegmentIsOverASmallerLimit_GoesOnInANewOneAtOnce() => _environment.PlayAsync(async () =>
    {
        await using PartitionFixture fixture = _environment.Open();
        PartitionLog log = fixture.Open(settings: _environment.Settings() with { SegmentBytes = 64 << 10 });
        byte[] value = new byte[4 << 10];
        for (int i = 0; i < 5; i++)
        {
            log.Append(new RawRecord(KeyOf(i), value), out _);
        }

        Assert.Equal(1, log.Segments.Count);
        log.Settings = log.Settings with { SegmentBytes = 16 << 10 };
        for (int i = 5; i < 9; i++)
        {
            log.Append(new RawRecord(KeyOf(i), value), out _);
        }

        Assert.Equal([0L, 5, 7], log.Segments.Items.ToArray().Select(segment => segment.BaseOffset));
        Assert.Equal(9, log.PublishedEnd);
    });

    /// <summary>Unlike Kafka, which counts a segment's age by the timestamps of its records.</summary>
    [Fact]
    public Task Append_TimestampsFartherApartThanTheAge_StayInOneSegment() => _environment.PlayAsync(async () =>
    {
        await using PartitionFixture fixture = _environment.Open();
        PartitionLog log = fixture.Open(settings: _environment.Settings() with { SegmentAgeMilliseconds = 60_000 });
        long now = _environment.Time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (long ago in new long[] { 600_000, 300_000, 500_000, 0 })
        {
            log.Append(new RawRecord("v"u8) { Timestamp = now - ago }, out _);
        }

        Assert.Equal(1, log.Segments.Count);
    });

    [Fact]
    public Task Append_LargestRecord_FitsIntoASegment() => _environment.PlayAsync(async () =>
    {
        await using PartitionFixture fixture = _environment.Open();
        PartitionLog log = fixture.Open(settings: _environment.Settings());
        byte[] value = new byte[log.Settings.MaxRecordBytes - KeyOf(0).Length];
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(i, log.Append(new RawRecord(KeyOf(i), value), out _));
        }

        AssertNumbered(log, 0, 3);
        Assert.Equal(3, log.Segments.Count);
    });

    [Fact]
    public Task Append_TooLarge_IsRefusedAndChangesNothing() => _environment.PlayAsync(async () =>
    {
        await using PartitionFixture fixture = _environment.Open();
        PartitionLog log = fixture.Open(settings: _environment.Settings());
        AppendNumbered(log, 1);
        byte[] value = new byte[log.Settings.MaxRecordBytes];
        RecordBatch batch = new();
        for (int i = 0; i < 3; i++)
        {
            batch.Add(new RawRecord(value.AsSpan(0, value.Length / 2)));
        }

        RecordTooLargeException refused = Assert.Throws<RecordTooLargeException>(
            () => log.Append(new RawRecord("k"u8, value), out _));
        Assert.Equal("topic", refused.Topic);
        Assert.Equal(0, refused.Partition);
        Assert.Throws<RecordTooLargeException>(() => log.Append(batch, out _));
        Assert.Throws<ArgumentException>(() => log.Append(new RecordBatch(), out _));
        AppendNumbered(log, 2);
        AssertNumbered(log, 0, 2);
    });

    [Fact]
    public Task Append_TimestampFarAhead_IsRefused() => _environment.PlayAsync(async () =>
    {
        await using PartitionFixture fixture = _environment.Open();
        PartitionLog log = fixture.Open(settings: _environment.Settings() with { MaxAheadMilliseconds = 1000 });
        long now = _environment.Now;

        Assert.Throws<ArgumentOutOfRangeException>(
            () => log.Append(new RawRecord("v"u8) { Timestamp = now + 1001 }, out _));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => log.Append(new RawRecord("v"u8) { Timestamp = 1L << 47 }, out _));
        Assert.Equal(0, log.PublishedEnd);
        log.Append(new RawRecord("v"u8) { Timestamp = now + 1000 }, out long given);
        Assert.Equal(now + 1000, given);
    });

    [Fact]
    public Task Append_LogAppendTime_OverridesTheProducers() => _environment.PlayAsync(async () =>
    {
        await using PartitionFixture fixture = _environment.Open();
        PartitionLog log = fixture.Open(settings: _environment.Settings() with { AppendTime = true });
        RecordBatch batch = new();
        batch.Add(new RawRecord("v"u8) { Timestamp = 7 });
        log.Append(new RawRecord("v"u8) { Timestamp = 5 }, out long single);
        log.Append(batch, out long together);

        Assert.Equal(_environment.Now, single);
        Assert.Equal(_environment.Now, together);
        using PartitionScan scan = log.Scan(0);
        while (scan.TryRead(out RecordView record))
        {
            Assert.Equal(_environment.Now, record.Timestamp);
        }

        Assert.Equal(2, scan.Offset);
    });

    public void Dispose()
    {
        _environment.Dispose();
        GC.SuppressFinalize(this);
    }

    private static long AppendOne(PartitionLog log, in RawRecord record, RecordBatch? batch)
    {
        if (batch is null)
        {
            return log.Append(record, out _);
        }

        batch.Clear();
        batch.Add(record);
        return log.Append(batch, out _);
    }
}

public sealed class RealMappedAppendTests() : AppendContractTests(Real(positional: false));

public sealed class RealPositionalAppendTests() : AppendContractTests(Real(positional: true));

public sealed class SimulatedMappedAppendTests() : AppendContractTests(Simulated(positional: false));

public sealed class SimulatedPositionalAppendTests() : AppendContractTests(Simulated(positional: true));

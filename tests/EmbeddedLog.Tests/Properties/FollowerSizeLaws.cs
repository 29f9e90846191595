using System.Buffers.Binary;
using EmbeddedLog.Files;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Following;
using EmbeddedLog.Tests.Infrastructure;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Properties;

/// <summary>
/// The law of sizes: whatever the length of a record or a batch, and however the end is told, a follower reads it as
/// soon as it is published. What stands last in the file matters, so each record is looked at when it is the last one.
/// </summary>
public sealed class FollowerSizeLaws
{
    private const int MaxRecordBytes = 1_048_588;

    /// <summary>How much a follower asks the system for at once behind the published end.</summary>
    private const int TailStepBytes = 128 << 10;

    private const int Steps = 24;

    private int _oddAndLarge;

    public static TheoryData<string> Machines => ["mapped", "positional", "unknown cache", "no control file"];

    [Theory]
    [MemberData(nameof(Machines))]
    public void AFollowerReadsRecordsAndBatchesOfEverySizeAsSoonAsTheyArePublished(string machine)
    {
        Prop.ForAll(Gen.Choose(1, int.MaxValue - 1).ToArbitrary(), seed => Play(machine, seed))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(12));
        Assert.True(_oddAndLarge > 30, $"{_oddAndLarge} frames were long and of no whole number of words");
    }

    private void Play(string machine, int seed)
    {
        Random random = new(seed);
        using FollowFixture fixture = new(seed, Options(machine));
        fixture.Open(new TopicOptions { SegmentBytes = 2 << 20 << random.Next(3), MaxRecordBytes = MaxRecordBytes });
        if (machine == "no control file")
        {
            fixture.Machine.Platform.Files.DeleteFile(Path.Combine(OpenLog.Directory, ControlFile.FileName));
        }

        using ReadOnlyLog log = fixture.Follow();
        LogPartition partition = log.GetTopic(FollowFixture.Topic)[0];
        List<int> lengths = [];
        long scanned = 0;
        for (int step = 0; step < Steps; step++)
        {
            Task seen = partition.WaitForAsync(partition.EndOffset).AsTask();
            Append(fixture.Partition, random, lengths);
            fixture.Machine.Run(() => seen, TimeSpan.FromSeconds(5));
            Assert.Equal(lengths.Count, partition.EndOffset);
            scanned = Read(partition, scanned, lengths);
            Read(partition, random.Next(Math.Max(0, lengths.Count - 5), lengths.Count), lengths);
            Assert.True(partition.TryReadLast(out RecordLease? last));
            Check(last.Offset, last.Value, lengths);
            last.Dispose();
        }

        using ReadOnlyLog late = fixture.Follow();
        Read(late.GetTopic(FollowFixture.Topic)[0], 0, lengths);
    }

    private static SimulationOptions Options(string machine) => machine switch
    {
        "positional" => SimulationOptions.Positional,
        "unknown cache" => new SimulationOptions { IdentityIsKnown = false },
        _ => new SimulationOptions(),
    };

    private void Append(OwnedPartition partition, Random random, List<int> lengths)
    {
        if (random.Next(3) != 0)
        {
            int length = NextLength(random, MaxRecordBytes);
            partition.Append(new RawRecord(Value(lengths.Count, length)));
            Count(length);
            lengths.Add(length);
            return;
        }

        RecordBatch batch = new();
        int count = random.Next(1, 8);
        for (int i = 0; i < count; i++)
        {
            int length = NextLength(random, (1 << 20) / count);
            batch.Add(new RawRecord(Value(lengths.Count, length)));
            lengths.Add(length);
        }

        Count(batch.Bytes);
        partition.AppendBatch(batch);
    }

    private void Count(int bytes) => _oddAndLarge += bytes > TailStepBytes && bytes % 8 != 0 ? 1 : 0;

    /// <summary>Any length, those most of all that end near what is asked for at once.</summary>
    private static int NextLength(Random random, int limit) => Math.Min(limit, random.Next(5) switch
    {
        0 => random.Next(8, 3000),
        1 => TailStepBytes - random.Next(0, 80),
        2 => TailStepBytes + random.Next(0, 40),
        3 => limit - random.Next(0, 16) - 16,
        _ => random.Next(TailStepBytes, MaxRecordBytes),
    });

    private static byte[] Value(long offset, int length)
    {
        byte[] value = new byte[length];
        value.AsSpan().Fill((byte)(offset + 1));
        BinaryPrimitives.WriteInt64LittleEndian(value, offset);
        return value;
    }

    private static long Read(LogPartition partition, long from, List<int> lengths)
    {
        using PartitionScan scan = partition.Scan(from);
        for (long offset = from; offset < lengths.Count; offset++)
        {
            Assert.True(scan.TryRead(out RecordView record), $"There is no offset {offset}.");
            Check(record.Offset, record.Value, lengths);
            Assert.Equal(offset, record.Offset);
        }

        Assert.False(scan.TryRead(out _));
        return scan.Offset;
    }

    private static void Check(long offset, ReadOnlySpan<byte> value, List<int> lengths)
    {
        Assert.Equal(lengths[(int)offset], value.Length);
        Assert.Equal(offset, BinaryPrimitives.ReadInt64LittleEndian(value));
        Assert.Equal(-1, value[8..].IndexOfAnyExcept((byte)(offset + 1)));
    }
}

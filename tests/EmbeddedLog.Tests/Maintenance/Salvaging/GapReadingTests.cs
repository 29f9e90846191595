using System.Globalization;
using EmbeddedLog.Partitions;
using EmbeddedLog.Tests.Infrastructure;
using static EmbeddedLog.Tests.Infrastructure.PartitionEnvironment;

namespace EmbeddedLog.Tests.Maintenance.Salvaging;

/// <summary>What those see who read a partition of which a salvage has found offsets gone.</summary>
public sealed class GapReadingTests
{
    private const int Records = 300;

    [Fact]
    public void Consumer_GapsInTheMiddleAndAtTheEnd_PassesOverThem()
    {
        using SalvageFixture fixture = Damaged([50, 51, 52, 150, Records - 1], out List<long> kept);
        CommitLog log = fixture.Open();
        Consumer<string, byte[]> consumer = log.CreateConsumer<string, byte[]>("topic", "group");

        List<Record<string, byte[]>> read = fixture.Machine.Run(consumer.TakeToEndAsync);

        Assert.Equal(kept, read.Select(record => record.Offset));
        Assert.All(read, record => Assert.Equal(record.Offset.ToString(CultureInfo.InvariantCulture), record.Key));
        Assert.Equal(log.GetTopic("topic")[0].EndOffset, consumer.Position(SalvageFixture.Partition));
        Close(fixture, log, consumer);
    }

    [Fact]
    public void Consumer_WaitingBehindAGapAtTheEnd_GetsWhatIsAppendedThen()
    {
        using SalvageFixture fixture = Damaged([Records - 1], out List<long> kept);
        CommitLog log = fixture.Open();
        Consumer<string, byte[]> consumer = log.CreateConsumer<string, byte[]>("topic");
        PartitionLog partition = log.GetTopic("topic")[0].Log;
        long end = partition.PublishedEnd;

        List<Record<string, byte[]>> read = fixture.Machine.Run(async () =>
        {
            Task<List<Record<string, byte[]>>> reading = consumer.TakeAsync(kept.Count + 2);
            Assert.False(reading.IsCompleted);
            AppendNumbered(partition, end + 2);
            return await reading;
        });

        Assert.Equal([.. kept, end, end + 1], read.Select(record => record.Offset));
        Close(fixture, log, consumer);
    }

    [Fact]
    public void Consumer_ReadToEndWhileAppended_StopsAtTheEndAsOfTheCall()
    {
        using SalvageFixture fixture = Damaged([50, Records - 1], out List<long> kept);
        CommitLog log = fixture.Open();
        Consumer<string, byte[]> consumer = log.CreateConsumer<string, byte[]>("topic");
        PartitionLog partition = log.GetTopic("topic")[0].Log;

        List<long> read = [];
        fixture.Machine.Run(async () =>
        {
            await foreach (Record<string, byte[]> record in consumer.ReadToEndAsync())
            {
                read.Add(record.Offset);
                if (read.Count % 10 == 1)
                {
                    AppendNumbered(partition, partition.PublishedEnd + 3);
                }
            }
        });

        Assert.Equal(kept, read);
        Close(fixture, log, consumer);
    }

    [Fact]
    public void Consumer_CommittedAtAGap_GoesOnBehindIt()
    {
        using SalvageFixture fixture = SalvageFixture.Make(new Random(1), Records);
        CommitLog before = fixture.Open();
        Consumer<string, byte[]> first = before.CreateConsumer<string, byte[]>("topic", "group");
        fixture.Machine.Run(first.CommitAsync(
            new NextOffset(SalvageFixture.Partition, 100), null, default));
        Close(fixture, before, first);
        OffsetRange gone = fixture.Damage(100);
        fixture.Salvage();

        CommitLog log = fixture.Open();
        Consumer<string, byte[]> consumer = log.CreateConsumer<string, byte[]>("topic", "group");
        Assert.Equal(gone.End, Assert.Single(fixture.Machine.Run(() => consumer.TakeAsync(1))).Offset);
        Close(fixture, log, consumer);
    }

    [Fact]
    public void Seek_IntoAGap_GivesTheNextRecord()
    {
        using SalvageFixture fixture = Damaged([100, 101, 102], out List<long> kept);
        CommitLog log = fixture.Open();
        Consumer<string, byte[]> consumer = log.CreateConsumer<string, byte[]>("topic");

        consumer.Seek(new TopicPartitionOffset(SalvageFixture.Partition.Topic, 0, 101));

        Record<string, byte[]> record = Assert.Single(fixture.Machine.Run(() => consumer.TakeAsync(1)));
        Assert.Equal(kept.First(offset => offset >= 101), record.Offset);
        Close(fixture, log, consumer);
    }

    [Fact]
    public void FindOffset_TimeOfWhatIsGone_GivesTheNextRecord()
    {
        using SalvageFixture fixture = SalvageFixture.Make(new Random(1), Records);
        fixture.Files.DeleteFile(fixture.Segments[0]);
        List<long> kept = fixture.FindKept();
        fixture.Salvage();
        CommitLog log = fixture.Open();

        Assert.Equal(kept[0], log.GetTopic("topic")[0].FindOffset(DateTimeOffset.UnixEpoch));
        Assert.Null(log.GetTopic("topic")[0].FindOffset(DateTimeOffset.UnixEpoch.AddYears(500)));
        fixture.Close(log);
    }

    [Fact]
    public void TryReadLast_LastIsGone_GivesTheOneBefore()
    {
        using SalvageFixture fixture = Damaged([Records - 9, Records - 5, Records - 1], out List<long> kept);
        CommitLog log = fixture.Open();

        Assert.True(log.GetTopic("topic")[0].TryReadLast(out RecordLease? last));
        Assert.Equal(kept[^1], last.Offset);
        last.Dispose();
        fixture.Close(log);
    }

    [Fact]
    public void TryReadLast_AllAreGone_FindsNone()
    {
        using SalvageFixture fixture = SalvageFixture.Make(new Random(1), 20);
        fixture.Files.DeleteFile(Assert.Single(fixture.Segments));
        Assert.Equal(new OffsetRange(fixture.Start, fixture.End), Assert.Single(fixture.Salvage().Gone));
        CommitLog log = fixture.Open();

        Assert.False(log.GetTopic("topic")[0].TryReadLast(out _));
        Assert.Equal(fixture.End, log.GetTopic("topic")[0].EndOffset);
        fixture.Close(log);
    }

    [Fact]
    public void Follower_OfASalvagedLog_ReadsWhatWasKeptAndTheLiveTail()
    {
        using SalvageFixture fixture = Damaged([0, 50, 150, Records - 1], out List<long> kept);
        using (ReadOnlyLog unowned = Follow(fixture))
        {
            Assert.Equal(kept, Read(unowned));
        }

        CommitLog log = fixture.Open();
        using (ReadOnlyLog owned = Follow(fixture))
        {
            Assert.Equal(kept, Read(owned));
            long end = log.GetTopic("topic")[0].EndOffset;
            AppendNumbered(log.GetTopic("topic")[0].Log, end + 1);
            Assert.Equal([.. kept, end], Read(owned));
        }

        fixture.Close(log);
    }

    [Fact]
    public void Follower_WhileItIsSalvaged_GoesOnWithoutATruncation()
    {
        using SalvageFixture fixture = SalvageFixture.Make(new Random(1), Records);
        using (ReadOnlyLog follower = Follow(fixture))
        {
            Assert.Equal(fixture.FindKept(), Read(follower));
            fixture.Damage(50);
            fixture.Damage(Records - 1);
            List<long> kept = fixture.FindKept();
            fixture.Salvage();

            CommitLog log = fixture.Open();
            Assert.Equal(kept, Read(follower));
            fixture.Machine.Run(log.DisposeAsync());
        }

        fixture.AssertNothingOpen();
    }

    private static ReadOnlyLog Follow(SalvageFixture fixture) =>
        ReadOnlyLog.Open(OpenLog.Directory, new ReadOnlyLogOptions(), fixture.Machine.Platform);

    private static List<long> Read(ReadOnlyLog log)
    {
        LogPartition partition = log.GetTopic("topic")[0];
        List<long> offsets = [];
        using PartitionScan scan = partition.Scan(partition.StartOffset);
        while (scan.TryRead(out RecordView record))
        {
            Assert.True(record.Key.SequenceEqual(KeyOf(record.Offset)));
            offsets.Add(record.Offset);
        }

        return offsets;
    }

    private static SalvageFixture Damaged(long[] offsets, out List<long> kept)
    {
        // A seed whose log has lost nothing to retention.
        SalvageFixture fixture = SalvageFixture.Make(new Random(1), Records);
        Assert.Equal(0, fixture.Start);
        Array.ForEach(offsets, offset => fixture.Damage(offset == Records - 1 ? fixture.End - 1 : offset));
        kept = fixture.FindKept();
        Assert.Equal(SalvageFixture.Complement(kept, fixture.Start, fixture.End), fixture.Salvage().Gone);
        return fixture;
    }

    private static void Close(SalvageFixture fixture, CommitLog log, Consumer<string, byte[]> consumer)
    {
        fixture.Machine.Run(consumer.DisposeAsync());
        fixture.Close(log);
    }
}

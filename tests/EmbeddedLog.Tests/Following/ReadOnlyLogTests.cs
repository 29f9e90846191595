using EmbeddedLog.Files;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Infrastructure.Processes;

namespace EmbeddedLog.Tests.Following;

/// <summary>What somebody sees who follows a log that another process owns.</summary>
public sealed class ReadOnlyLogTests
{
    public static TheoryData<bool> Modes => [false, true];

    [Theory]
    [MemberData(nameof(Modes))]
    public void Scan_WhileTheOwnerAppends_SeesEachRecordAtOnce(bool positional)
    {
        using FollowFixture fixture = Create(positional);
        fixture.Open();
        using ReadOnlyLog log = fixture.Follow();
        LogPartition partition = log.GetTopic(FollowFixture.Topic)[0];
        Assert.Equal(0, partition.EndOffset);

        for (int i = 1; i <= 300; i++)
        {
            fixture.Append(1, 500);
            Assert.Equal(i, partition.EndOffset);
        }

        FollowFixture.AssertReads(partition, 0, 300);
        FollowFixture.AssertReads(partition, 299, 300);
    }

    /// <summary>Somebody has copied a topic's directory in the place of an older one.</summary>
    [Fact]
    public async Task Open_TwoDirectoriesOfOneTopic_ThrowsAsAnOwnerDoes()
    {
        using TempDirectory root = new();
        CommitLog log = await CommitLog.OpenAsync(root["log"]);
        await log.CreateTopicAsync("topic");
        await log.DisposeAsync();
        string topics = Path.Combine(root["log"], "topics");
        Command.CopyDirectory(Path.Combine(topics, "topic-1"), Path.Combine(topics, "topic-2"));

        CorruptLogException owner = await Assert.ThrowsAsync<CorruptLogException>(
            async () => await CommitLog.OpenAsync(root["log"]));
        CorruptLogException follower = await Assert.ThrowsAsync<CorruptLogException>(
            async () => await CommitLog.OpenReadOnlyAsync(root["log"]));

        Assert.Equal(owner.Message, follower.Message);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Scan_KeptOpen_FollowsThroughRolls(bool positional)
    {
        using FollowFixture fixture = Create(positional);
        fixture.Open();
        fixture.Append(1);
        using ReadOnlyLog log = fixture.Follow();
        LogPartition partition = log.GetTopic(FollowFixture.Topic)[0];
        using PartitionScan scan = partition.Scan(0);

        for (int i = 0; i < 400; i++)
        {
            Assert.True(scan.TryRead(out RecordView record));
            Assert.Equal(i, record.Offset);
            Assert.False(scan.TryRead(out _));
            fixture.Append(1, 700);
        }
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Scan_OwnerClosedKilledAndReopened_GoesOn(bool positional)
    {
        using FollowFixture fixture = Create(positional);
        fixture.Open();
        fixture.Append(50);
        using ReadOnlyLog log = fixture.Follow();
        LogPartition partition = log.GetTopic(FollowFixture.Topic)[0];
        FollowFixture.AssertReads(partition, 0, 50);

        fixture.Close();
        FollowFixture.AssertReads(partition, 0, 50);
        fixture.Open();
        fixture.Append(50);
        FollowFixture.AssertReads(partition, 0, 100);

        fixture.Kill();
        FollowFixture.AssertReads(partition, 0, 100);
        fixture.Open();
        FollowFixture.AssertReads(partition, 0, 100);
        fixture.Append(50);
        FollowFixture.AssertReads(partition, 0, 150);
        Assert.Equal(0, partition.Source.Truncations);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Open_WithoutAnOwner_FindsTheEnd(bool positional, bool killed)
    {
        using FollowFixture fixture = Create(positional);
        fixture.Open();
        fixture.Append(120, 300);
        if (killed)
        {
            fixture.Kill();
        }
        else
        {
            fixture.Close();
        }

        using (ReadOnlyLog log = fixture.Follow())
        {
            FollowFixture.AssertReads(log.GetTopic(FollowFixture.Topic)[0], 0, 120);
        }

        // Also where the file is not there that tells it, as after a copy.
        fixture.Machine.Platform.Files.DeleteFile(Path.Combine(OpenLog.Directory, ControlFile.FileName));
        using ReadOnlyLog copy = fixture.Follow();
        FollowFixture.AssertReads(copy.GetTopic(FollowFixture.Topic)[0], 0, 120);
    }

    [Fact]
    public void Open_AfterAPowerLoss_ReadsWhatARecoveryWouldKeep()
    {
        FollowFixture fixture = Create(positional: false);
        fixture.Open();
        fixture.Append(20);
        fixture.Flush();
        fixture.Append(20);
        fixture.Kill();
        SimulatedPlatform after = fixture.Machine.Crash(CrashKind.PowerLoss);
        fixture.Machine.Dispose();

        long end;
        using (ReadOnlyLog log = ReadOnlyLog.Open(OpenLog.Directory, new ReadOnlyLogOptions(), after.Platform))
        {
            LogPartition partition = log.GetTopic(FollowFixture.Topic)[0];
            end = partition.EndOffset;
            Assert.InRange(end, 20, 40);
            FollowFixture.AssertReads(partition, 0, end);
        }

        after.Run(async Task () =>
        {
            await using CommitLog owner = await OpenLog.OnAsync(after);
            Assert.Equal(end, owner.GetTopic(FollowFixture.Topic)[0].EndOffset);
        });
        after.Dispose();
    }

    [Fact]
    public void Scan_RetentionRemovesWhatIsRead_SaysSo()
    {
        using FollowFixture fixture = Create(positional: false);
        fixture.Open();
        fixture.Append(300, 300);
        fixture.Flush();
        using ReadOnlyLog log = fixture.Follow();
        LogPartition partition = log.GetTopic(FollowFixture.Topic)[0];
        PartitionScan scan = partition.Scan(0);
        Assert.True(scan.TryRead(out _));

        Assert.True(fixture.Partition.Log.DeleteBefore(200) > 0);

        Assert.Equal(200, partition.StartOffset);
        FollowFixture.AssertReads(partition, 200, 300);
        Assert.Throws<OffsetUnavailableException>(() => partition.Scan(0).Dispose());
        bool removed = false;
        for (long i = 1; i < 300 && !removed; i++)
        {
            removed = !TryReadOne(ref scan, i);
        }

        Assert.True(removed);
        scan.Dispose();
    }

    /// <summary>
    /// A segment that was written to at one look and is removed at the next is never told where it ends.
    /// </summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Scan_RetentionRemovesTheSegmentThatWasWrittenTo_SaysSo(bool positional, bool isKilled)
    {
        using FollowFixture fixture = Create(positional);
        fixture.Open();
        fixture.Append(20, 300);
        fixture.Flush();
        using ReadOnlyLog log = fixture.Follow();
        LogPartition partition = log.GetTopic(FollowFixture.Topic)[0];
        PartitionScan scan = partition.Scan(0);
        Assert.True(TryReadOne(ref scan, 0));

        if (isKilled)
        {
            fixture.Kill();
            fixture.Open();
        }

        fixture.Append(300, 300);
        fixture.Flush();
        Assert.True(fixture.Partition.Log.DeleteBefore(200) > 0);
        Assert.Equal(200, partition.StartOffset);
        bool removed = false;
        for (long i = 1; i < 300 && !removed; i++)
        {
            removed = !TryReadOne(ref scan, i);
        }

        Assert.True(removed);
        scan.Dispose();
    }

    [Fact]
    public void Scan_RecoveryTakesRecordsBack_SaysSoAndReadsTheOthersAnew()
    {
        // An owner that does not know its cache again, as after a failure of the device: it takes the damage below for
        // a torn tail.
        using FollowFixture fixture = new(options: new SimulationOptions { IdentityIsKnown = false });
        fixture.Open();
        fixture.Append(30);
        fixture.Flush();
        fixture.Append(30);
        using ReadOnlyLog log = fixture.Follow();
        LogPartition partition = log.GetTopic(FollowFixture.Topic)[0];
        PartitionScan late = partition.Scan(0);
        FollowFixture.AssertReads(partition, 0, 60);
        while (late.TryRead(out _))
        {
        }

        Consumer<byte[]?, byte[]> consumer = log.CreateConsumer<byte[]?, byte[]>(FollowFixture.Topic);
        Assert.Equal(60, ReadToEnd(fixture, consumer));
        FollowedDamage.OfRecord(fixture, 40);
        fixture.Kill();
        fixture.Open();
        fixture.Append(30, 50);

        LogTruncatedException? told = TryReadTruncated(ref late);
        Assert.Equal(40, told?.Offset);
        Assert.Equal(60, told?.ReadTo);
        Assert.NotNull(TryReadTruncated(ref late));
        late.Dispose();
        LogTruncatedException once = Assert.Throws<LogTruncatedException>(() => ReadToEnd(fixture, consumer));
        Assert.Equal(40, once.Offset);
        Assert.Equal(30, ReadToEnd(fixture, consumer));
        FollowFixture.AssertReads(partition, 0, 70);
    }

    [Fact]
    public void Topics_OwnerMakesAndDeletesThem_AreThoseOfNow()
    {
        using FollowFixture fixture = Create(positional: false);
        CommitLog owner = fixture.Open();
        using ReadOnlyLog log = fixture.Follow();
        Assert.Equal([FollowFixture.Topic], log.Topics.Select(topic => topic.Name));
        Assert.Throws<UnknownTopicException>(() => log.GetTopic("other"));

        fixture.Finish(owner.CreateTopicAsync("other", new TopicOptions { Partitions = 3 }).AsTask());
        ReadOnlyTopic other = log.GetTopic("other");
        Assert.Equal(3, other.PartitionCount);
        owner.GetTopic("other")[2].Append(new RawRecord("x"u8));
        Assert.Equal(1, other[2].EndOffset);

        fixture.Finish(owner.DeleteTopicAsync("other").AsTask());
        Assert.False(log.TryGetTopic("other", out _));
        Assert.Throws<UnknownTopicException>(() => other[2].EndOffset);
        fixture.Finish(owner.CreateTopicAsync("other").AsTask());
        Assert.Equal(0, log.GetTopic("other")[0].EndOffset);
        Assert.Throws<UnknownTopicException>(() => other[2].EndOffset);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Dispose_AfterMuchWork_LeavesNothingOpenAndHasWrittenNothing(bool positional)
    {
        using FollowFixture fixture = Create(positional);
        fixture.Open();
        fixture.Append(200, 300);
        fixture.Close();
        long mutations = fixture.Machine.Disk.Counters.Mutations;
        using (ReadOnlyLog log = fixture.Follow())
        {
            FollowFixture.AssertReads(log.GetTopic(FollowFixture.Topic)[0], 0, 200);
            Assert.Equal(200, log.GetTopic(FollowFixture.Topic)[0].DurableOffset);
        }

        Assert.Equal(mutations, fixture.Machine.Disk.Counters.Mutations);
        Assert.Empty(fixture.Machine.Disk.OpenFiles);
        Assert.Empty(fixture.Machine.Disk.LiveMaps);
    }

    [Fact]
    public void Open_NoLogThere_IsRefused()
    {
        using TempDirectory directory = new();
        Assert.Throws<LogDirectoryException>(
            () => CommitLog.OpenReadOnlyAsync(directory.Path).AsTask().GetAwaiter().GetResult());
        Assert.Throws<LogDirectoryException>(
            () => CommitLog.OpenReadOnlyAsync(Path.Combine(directory.Path, "x")).AsTask().GetAwaiter().GetResult());
    }

    private static FollowFixture Create(bool positional) =>
        new(options: positional ? SimulationOptions.Positional : new SimulationOptions());

    private static bool TryReadOne(ref PartitionScan scan, long offset)
    {
        try
        {
            Assert.True(scan.TryRead(out RecordView record));
            Assert.Equal(offset, record.Offset);
            return true;
        }
        catch (OffsetUnavailableException)
        {
            return false;
        }
    }

    private static LogTruncatedException? TryReadTruncated(ref PartitionScan scan)
    {
        try
        {
            scan.TryRead(out _);
            return null;
        }
        catch (LogTruncatedException truncated)
        {
            return truncated;
        }
    }

    private static int ReadToEnd(FollowFixture fixture, Consumer<byte[]?, byte[]> consumer) =>
        fixture.Machine.Run(() => CountAsync(consumer));

    private static async Task<int> CountAsync(Consumer<byte[]?, byte[]> consumer)
    {
        int count = 0;
        await foreach (Record<byte[]?, byte[]> _ in consumer.ReadToEndAsync())
        {
            count++;
        }

        return count;
    }
}

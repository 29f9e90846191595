using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Coordination.Offsets;

/// <summary>Committed offsets on a simulated disk.</summary>
public sealed class OffsetStoreTests : IDisposable
{
    private static readonly string s_longMetadata = new('m', 4000);

    private SimulatedPlatform _simulation = new(seed: 1);

    [Fact]
    public void Effective_AfterReopening_IsTheLastCommitOfEachGroupAndPartition()
    {
        TopicFixture topic = TopicFixture.On(_simulation, partitions: 2);
        topic.AppendNumbers(10, partition: 0);
        topic.AppendNumbers(10, partition: 1);
        Commit(topic, 3);
        Commit(topic, 5, metadata: "five");
        Commit(topic, 9, partition: 1);
        Commit(topic, 2, group: "other");

        for (int opening = 0; opening < 2; opening++)
        {
            TopicPartition first = topic.Logs[0].Id;
            Assert.Equal(
                new CommittedOffset(new NextOffset(first, 5), "five", _simulation.Time.GetUtcNow()),
                topic.Offsets.Effective(TopicFixture.Group, topic.Logs[0])?.ToPublic(first));
            Assert.Equal(9, topic.Committed(partition: 1));
            Assert.Equal(2, topic.Committed(group: "other"));
            Assert.Null(topic.Committed(partition: 1, group: "other"));
            Assert.Equal(3, topic.Offsets.Count);
            Assert.True(_simulation.Run(topic.CloseAsync));
            topic = new TopicFixture(_simulation.Platform, OpenLog.Directory, partitions: 2);
        }
    }

    [Fact]
    public void Effective_RecordsWereLost_IsLoweredAndSaysSo()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(5);
        _simulation.Run(topic.Log.FlushAsync(5, CancellationToken.None));
        string path = topic.Log.Segments.Last!.Path;
        long flushed = topic.Log.Writer.TailPosition;
        topic.AppendNumbers(1);
        long end = topic.Log.Writer.TailPosition;
        Commit(topic, 6, metadata: "six");
        _simulation.Run(topic.Offsets.FlushAsync(1, CancellationToken.None));
        using SimulatedPlatform before = Crash(CrashKind.ProcessKill);
        using (LogFile file = _simulation.Platform.Files.OpenFile(path, FileOpening.ReadWrite))
        {
            // What a loss of power can leave of a record that was not flushed.
            file.Write(new byte[end - flushed - 8], flushed + 8);
        }

        topic = TopicFixture.After(_simulation, CrashKind.PowerLoss, generation: 1);

        Assert.Equal(5, topic.Log.PublishedEnd);
        OffsetValue lowered = topic.Offsets.Effective(TopicFixture.Group, topic.Log)!.Value;
        Assert.Equal((5, null), (lowered.Offset, lowered.Metadata));
        Assert.Contains(
            "Warning: Records that groups had read were lost before they were flushed: 1 committed offsets were "
            + "lowered, the first in partition topic-0 for group group from 6 to 5. Undo the effects of the lost "
            + "records. New records get their offsets.",
            topic.Logged.All);
    }

    /// <summary>
    /// The case for epochs: records are lost, others take their offsets, and are kept by a second crash. The offset
    /// that was committed for the first ones lies within the log again, and must not count the others.
    /// </summary>
    [Fact]
    public void Effective_AfterTwoLossesOfPower_CountsNoRecordThatTookTheOffsetOfALostOne()
    {
        int lowered = 0;
        for (int seed = 0; seed < 60; seed++)
        {
            _simulation.Dispose();
            _simulation = new SimulatedPlatform(seed, new SimulationOptions { WriteBackProbability = 0 });
            TopicFixture topic = TopicFixture.On(_simulation);
            topic.AppendNumbers(5);
            _simulation.Run(topic.Log.FlushAsync(5, CancellationToken.None));
            for (int i = 0; i < 100; i++)
            {
                topic.Append(i);
            }

            Commit(topic, 105);
            _simulation.Run(topic.Offsets.FlushAsync(1, CancellationToken.None));
            using SimulatedPlatform first = Crash(CrashKind.PowerLoss);
            topic = TopicFixture.After(_simulation, CrashKind.PowerLoss, generation: 1);
            long survived = topic.Log.PublishedEnd;
            Assert.Equal(survived, topic.Committed());
            for (long i = survived; i < 200; i++)
            {
                topic.Append(1000);
            }

            _simulation.Run(topic.Log.FlushAsync(200, CancellationToken.None));
            using SimulatedPlatform second = Crash(CrashKind.PowerLoss);
            topic = TopicFixture.After(_simulation, CrashKind.PowerLoss, generation: 2);

            Assert.Equal(200, topic.Log.PublishedEnd);
            Assert.Equal(survived, topic.Committed());
            lowered += survived < 105 ? 1 : 0;
        }

        Assert.InRange(lowered, 1, 60);
    }

    [Fact]
    public void Effective_TopicWasMadeAgain_IsNothing()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(10);
        Commit(topic, 7);
        Assert.True(_simulation.Run(topic.CloseAsync));

        PartitionFixture fixture = new(_simulation.Platform, OpenLog.Directory);
        PartitionLog again = fixture.Open("again", topicUid: 42);
        OffsetStore offsets = OffsetStore.Open(
            fixture.Factory, fixture.Segments, fixture.Logger, OpenLog.Directory, [again]);

        Assert.Null(offsets.Effective(TopicFixture.Group, again));
        Assert.Equal(0, offsets.Count);
    }

    [Fact]
    public void ForgetTopic_RemovesItsCommitsAndRefusesMore()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(10);
        for (int i = 0; i < 3000; i++)
        {
            Commit(topic, 7, group: $"group-{i}");
        }

        topic.Offsets.ForgetTopic(topic.Log.TopicUid);

        Assert.Equal(0, topic.Offsets.Count);
        Assert.Null(topic.Committed(group: "group-1"));
        Assert.Throws<UnknownTopicException>(() => Commit(topic, 7));
        Assert.Equal(6000, topic.Offsets.Log.PublishedEnd);
        Assert.True(_simulation.Run(topic.CloseAsync));
        topic = new TopicFixture(_simulation.Platform, OpenLog.Directory);
        Assert.Equal(0, topic.Offsets.Count);
    }

    [Fact]
    public void ForgetTopic_DiskIsFull_ForgetsAllTheSame()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(10);
        Commit(topic, 7);
        _simulation.Disk.CapacityBytes = _simulation.Disk.UsedBytes;
        for (int i = 0; i < 10_000 && topic.Offsets.Log.Failure is null; i++)
        {
            try
            {
                Commit(topic, 7);
            }
            catch (DiskFullException)
            {
                break;
            }
        }

        topic.Offsets.ForgetTopic(topic.Log.TopicUid);

        Assert.Null(topic.Committed());
        _simulation.Scheduler.RunUntilIdle();
        Assert.Contains(topic.Logged.All, line => line.Contains("of a deleted topic could not be removed"));
    }

    [Fact]
    public void Commit_VeryOften_KeepsTheDiskBounded()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(10);
        for (int i = 0; i < 5000; i++)
        {
            Commit(topic, i % 10, metadata: s_longMetadata, group: $"group-{i % 7}");
            _simulation.Scheduler.RunUntilIdle();
            Assert.InRange(topic.Offsets.Log.Segments.Count, 1, 3);
        }

        Assert.InRange(topic.Offsets.Log.SizeBytes, 1, 3 << 20);
        Assert.True(_simulation.Run(topic.CloseAsync));
        topic = new TopicFixture(_simulation.Platform, OpenLog.Directory);
        for (int group = 0; group < 7; group++)
        {
            int last = Enumerable.Range(0, 5000).Last(i => i % 7 == group);
            Assert.Equal(last % 10, topic.Committed(group: $"group-{group}"));
        }
    }

    [Fact]
    public void Commit_ManyGroups_IsCompactedOnlyWhenHalfIsHistory()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(10);
        for (int i = 0; i < 1000; i++)
        {
            Commit(topic, 1, metadata: s_longMetadata, group: $"group-{i}");
        }

        _simulation.Scheduler.RunUntilIdle();
        Assert.Equal(0, topic.Offsets.Log.StartOffset);
        Assert.Equal(1000, topic.Offsets.Log.PublishedEnd);
        for (int i = 0; i < 1000; i++)
        {
            Commit(topic, 2, metadata: s_longMetadata, group: $"group-{i}");
        }

        _simulation.Scheduler.RunUntilIdle();
        Assert.Equal(2000, topic.Offsets.Log.StartOffset);
        Assert.Equal(3000, topic.Offsets.Log.PublishedEnd);
    }

    [Fact]
    public void Commit_CompactionFails_CommitsGoOnAndItIsTriedAgain()
    {
        const int Groups = 900;
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(10);
        Commit(topic, 1, metadata: s_longMetadata, group: "group-0");
        Settle();
        for (int i = 0; i < 2 * Groups; i++)
        {
            Commit(topic, 1, metadata: s_longMetadata, group: $"group-{i % Groups}");
        }

        _simulation.Disk.CapacityBytes = _simulation.Disk.UsedBytes;
        Settle();
        Assert.Contains(topic.Logged.All, line => line.Contains("history of committed offsets could not be removed"));
        Assert.Equal(0, topic.Offsets.Log.StartOffset);

        _simulation.Disk.CapacityBytes = long.MaxValue;
        for (int i = 0; i < 2000; i++)
        {
            Commit(topic, 2, metadata: s_longMetadata);
        }

        Settle();
        Assert.InRange(topic.Offsets.Log.StartOffset, 2000, long.MaxValue);
        Assert.Equal(1, topic.Committed(group: "group-7"));
        Assert.Equal(2, topic.Committed());

        void Settle()
        {
            _simulation.Time.Advance(TimeSpan.FromSeconds(5));
            _simulation.Scheduler.RunUntilIdle();
        }
    }

    [Fact]
    public void Open_NewerVersion_SaysSo()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        byte[] key = OffsetCodec.EncodeKey(new GroupPartition("group", "topic", 1, 0));
        topic.Offsets.Log.Append(new RawRecord(key, [2, 0, 0]), out _);
        Assert.True(_simulation.Run(topic.CloseAsync));

        UnsupportedFormatException failure = Assert.Throws<UnsupportedFormatException>(
            () => new TopicFixture(_simulation.Platform, OpenLog.Directory));
        Assert.Contains("value of version 2", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("01", "")]
    [InlineData("00", "")]
    [InlineData(null, "")]
    [InlineData("0105667261756405766965777388776655443322110300000000", "")]
    [InlineData("01056672617564057669657773887766554433221103000000", "01")]
    public void Open_ARecordThatMakesNoSense_IsDamage(string? key, string value)
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        RawRecord record = key is null
            ? new RawRecord(Convert.FromHexString(value))
            : new RawRecord(Convert.FromHexString(key), Convert.FromHexString(value));
        topic.Offsets.Log.Append(record, out _);
        Assert.True(_simulation.Run(topic.CloseAsync));

        CorruptLogException failure = Assert.Throws<CorruptLogException>(
            () => new TopicFixture(_simulation.Platform, OpenLog.Directory));
        Assert.Equal(0, failure.Offset);
    }

    public void Dispose() => _simulation.Dispose();

    private static void Commit(
        TopicFixture topic,
        long offset,
        int partition = 0,
        string group = TopicFixture.Group,
        string? metadata = null) =>
        topic.Offsets.Commit(group, new PartitionCommit(topic.Logs[partition], offset, metadata));

    /// <summary>Goes on with the machine that comes up; returns the one that went down.</summary>
    private SimulatedPlatform Crash(CrashKind kind)
    {
        SimulatedPlatform before = _simulation;
        _simulation = before.Crash(kind);
        return before;
    }
}

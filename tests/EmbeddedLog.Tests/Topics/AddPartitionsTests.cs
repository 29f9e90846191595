using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Topics;

namespace EmbeddedLog.Tests.Topics;

/// <summary>Partitions are added to a topic that lives: whoever holds the topic sees them.</summary>
public sealed class AddPartitionsTests : IDisposable
{
    private readonly SimulatedPlatform _machine = new(seed: 1);

    public void Dispose()
    {
        _machine.Dispose();
        Assert.Empty(_machine.Disk.Violations);
    }

    [Fact]
    public void AddPartitionsAsync_TopicInHand_ShowsThemAndAListInHandDoesNot() => OnLog(async (log, topic) =>
    {
        IReadOnlyList<OwnedPartition> before = topic.Partitions;

        await log.AddPartitionsAsync("topic", 5);

        Assert.Same(topic, log.GetTopic("topic"));
        Assert.Equal(5, topic.PartitionCount);
        Assert.Equal(5, topic.Options.Partitions);
        Assert.Equal([0, 1, 2, 3, 4], topic.Partitions.Select(each => each.TopicPartition.Partition));
        Assert.Equal(before, topic.Partitions.Take(2));
        Assert.Equal(2, before.Count);
        Assert.Equal(0, topic[4].Append(new RawRecord("value"u8)));
        Assert.Equal(5, (await log.DescribeTopicAsync("topic")).Partitions.Count);
        Assert.Equal(5, (await log.DescribeTopicAsync("topic")).Options.Partitions);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AddPartitionsAsync_LogOpenedAgain_KeepsThemAndTheirRecords(bool killed)
    {
        CommitLog log = _machine.Run(OpenLog.OnAsync(_machine));
        Topic topic = _machine.Run(log.CreateTopicAsync("topic", new TopicOptions { Partitions = 1 }));
        _machine.Run(log.AddPartitionsAsync("topic", 3));
        topic[2].Append(new RawRecord("value"u8));
        _machine.Run(log.AddPartitionsAsync("topic", 4));
        if (!killed)
        {
            _machine.Run(log.DisposeAsync());
        }

        using SimulatedPlatform next = _machine.Crash(CrashKind.ProcessKill);
        CommitLog again = next.Run(OpenLog.OnAsync(next));

        Assert.Equal(!killed, again.Recovery.Clean);
        Assert.Equal([0, 0, 1, 0], again.GetTopic("topic").Partitions.Select(each => each.EndOffset));
        next.Run(again.DisposeAsync());
        Assert.DoesNotContain("partitions.new", next.Platform.Files.ListFiles("/log/topics/topic-1"));
    }

    [Fact]
    public void AddPartitionsAsync_NotMoreThanThereAre_IsRefusedWithBothNumbers() => OnLog(async (log, topic) =>
    {
        for (int total = 1; total <= 2; total++)
        {
            int asked = total;
            TopicConflictException refusal = await Assert.ThrowsAsync<TopicConflictException>(
                async () => await log.AddPartitionsAsync("topic", asked));
            Assert.Equal("topic", refusal.Topic);
            Assert.Contains("has 2 partitions", refusal.Message, StringComparison.Ordinal);
            Assert.Contains($"{asked} were asked for", refusal.Message, StringComparison.Ordinal);
            Assert.Contains("Ask for the new total, 3 to 65,536", refusal.Message, StringComparison.Ordinal);
        }

        Assert.Equal(2, topic.PartitionCount);
    });

    [Theory]
    [InlineData(0, "0")]
    [InlineData(-7, "-7")]
    [InlineData(65_537, "65,537")]
    public void AddPartitionsAsync_BeyondWhatATopicCanHave_IsRefusedWithBothNumbers(int total, string shown) =>
        OnLog(async (log, topic) =>
        {
            ArgumentOutOfRangeException refusal = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
                async () => await log.AddPartitionsAsync("topic", total));

            Assert.Equal("total", refusal.ParamName);
            Assert.Contains("has 2 partitions", refusal.Message, StringComparison.Ordinal);
            Assert.Contains("65,536", refusal.Message, StringComparison.Ordinal);
            Assert.Contains($"not {shown}", refusal.Message, StringComparison.Ordinal);
            Assert.Equal(2, topic.PartitionCount);
        });

    [Fact]
    public void AddPartitionsAsync_UnknownTopic_SuggestsTheNearestName() => OnLog(async (log, _) =>
    {
        UnknownTopicException refusal = await Assert.ThrowsAsync<UnknownTopicException>(
            async () => await log.AddPartitionsAsync("topik", 3));

        Assert.Contains("Did you mean 'topic'?", refusal.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void AddPartitionsAsync_Succeeds_TellsOnceThatKeysMove()
    {
        LogLines lines = new();
        CommitLog log = _machine.Run(
            OpenLog.OnAsync(_machine, new CommitLogOptions { LoggerFactory = lines }));
        _machine.Run(log.CreateTopicAsync("topic"));
        _machine.Run(log.AddPartitionsAsync("topic", 3));
        _machine.Run(log.DisposeAsync());

        string line = Assert.Single(lines.All, line => line.Contains("partitions now", StringComparison.Ordinal));
        Assert.StartsWith("Information: Topic 'topic' has 3 partitions now, and had 1 before.", line);
        Assert.Contains("same key", line, StringComparison.Ordinal);
    }

    [Fact]
    public void EnsureTopicAsync_MorePartitionsThanThereAre_NamesAddPartitionsAsync() => OnLog(async (log, _) =>
    {
        TopicConflictException refusal = await Assert.ThrowsAsync<TopicConflictException>(
            async () => await log.EnsureTopicAsync("topic", new TopicOptions { Partitions = 3 }));

        Assert.Contains(nameof(CommitLog.AddPartitionsAsync), refusal.Message, StringComparison.Ordinal);
        await log.AddPartitionsAsync("topic", 3);
        await log.EnsureTopicAsync("topic", new TopicOptions { Partitions = 3 });
        refusal = await Assert.ThrowsAsync<TopicConflictException>(
            async () => await log.EnsureTopicAsync("topic", new TopicOptions { Partitions = 2 }));
        Assert.DoesNotContain(nameof(CommitLog.AddPartitionsAsync), refusal.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void GetPartitionFor_PartitionsAdded_GoesByTheNewNumberAsProducersDo() => OnLog(async (log, topic) =>
    {
        byte[][] keys = [.. Enumerable.Range(0, 50).Select(i => BitConverter.GetBytes(i))];
        await using Producer<byte[], byte[]> producer = log.CreateProducer<byte[], byte[]>(
            "topic", new ProducerOptions { Durability = Durability.Written });

        await log.AddPartitionsAsync("topic", 7);

        foreach (byte[] key in keys)
        {
            Assert.Equal(topic.GetPartitionFor(key), (await producer.ProduceAsync(key, key)).Partition);
        }

        Assert.Contains(keys, key => topic.GetPartitionFor(key) > 1);
        Assert.All(topic.Partitions, partition => Assert.NotEqual(0, partition.EndOffset));
    });

    [Fact]
    public void EnsureTopicAsync_OptionsChangeAfterAnAddition_ReachTheNewPartitions() => OnLog(async (log, topic) =>
    {
        await log.AddPartitionsAsync("topic", 3);
        await log.EnsureTopicAsync("topic", new TopicOptions { Partitions = 3, MaxRecordBytes = 10 });

        Assert.Throws<RecordTooLargeException>(() => topic[2].Append(new RawRecord(new byte[11])));
        Assert.Equal(3, topic.PartitionCount);
    });

    [Fact]
    public void ApplyRetentionAsync_PartitionsAdded_RemovesTheirRecords() => OnLog(async (log, topic) =>
    {
        RetentionPolicy smallest = new() { MaxAge = null, MaxBytesPerPartition = 1 };
        await log.EnsureTopicAsync(
            "topic", new TopicOptions { Partitions = 2, SegmentBytes = 16 << 10, Retention = smallest });
        await log.AddPartitionsAsync("topic", 3);
        for (int i = 0; i < 40; i++)
        {
            topic[2].Append(new RawRecord(new byte[1000]));
        }

        await log.ApplyRetentionAsync();

        Assert.NotEqual(0, topic[2].StartOffset);
    });

    [Fact]
    public void VerifyAsync_PartitionsAdded_ChecksThem() => OnLog(async (log, topic) =>
    {
        await log.AddPartitionsAsync("topic", 3);
        topic[2].Append(new RawRecord("value"u8));

        VerifyReport report = await log.VerifyAsync();

        Assert.Empty(report.Findings);
        Assert.Equal(4, report.Partitions);
        Assert.Equal(1, report.Records);
    });

    [Fact]
    public void BackupAsync_PartitionsAdded_HoldsThem() => OnLog(async (log, topic) =>
    {
        await log.AddPartitionsAsync("topic", 3);
        topic[2].Append(new RawRecord("value"u8));

        await log.BackupAsync("/copy");

        await using CommitLog copy = await OpenLog.OnAsync(_machine.Platform, directory: "/copy");
        Assert.True(copy.Recovery.Clean);
        Assert.Equal([0, 0, 1], copy.GetTopic("topic").Partitions.Select(each => each.EndOffset));
    });

    [Fact]
    public void GetPins_LeaseInAnAddedPartition_IsTold() => OnLog(async (log, topic) =>
    {
        await log.AddPartitionsAsync("topic", 3);
        topic[2].Append(new RawRecord("value"u8));
        Assert.True(topic[2].TryReadLast(out RecordLease? lease));
        using (lease)
        {
            Assert.Equal(topic[2].TopicPartition, Assert.Single(log.GetPins()).Partition);
        }
    });

    [Fact]
    public void SalvageAsync_AddedPartition_IsFound()
    {
        CommitLog log = _machine.Run(OpenLog.OnAsync(_machine));
        Topic topic = _machine.Run(log.CreateTopicAsync("topic"));
        _machine.Run(log.AddPartitionsAsync("topic", 2));
        topic[1].Append(new RawRecord("value"u8));
        TopicPartition added = topic[1].TopicPartition;
        _machine.Run(log.DisposeAsync());

        SalvageReport report = _machine.Run(EmbeddedLog.Opening.SalvageOpening.RunAsync(
            OpenLog.Directory, added, new SalvageOptions(), _machine.Platform, CancellationToken.None));

        Assert.Equal(added, report.Partition);
        Assert.Equal(1, report.KeptRecords);
    }

    [Fact]
    public void CommitAsync_OnAnAddedPartition_IsThereAfterTheNextOpening()
    {
        CommitLog log = _machine.Run(OpenLog.OnAsync(_machine));
        Topic topic = _machine.Run(log.CreateTopicAsync("topic"));
        _machine.Run(log.AddPartitionsAsync("topic", 2));
        topic[1].Append(new RawRecord("value"u8));
        _machine.Run(async () =>
        {
            await using Consumer<byte[], byte[]> consumer = log.CreateConsumer<byte[], byte[]>("topic", "group");
            await foreach (Record<byte[], byte[]> record in consumer.ReadToEndAsync())
            {
                await consumer.CommitAsync(record);
            }
        });

        using SimulatedPlatform next = _machine.Crash(CrashKind.ProcessKill);
        CommitLog again = next.Run(OpenLog.OnAsync(next));
        next.Run(async () =>
        {
            await using Consumer<byte[], byte[]> consumer = again.CreateConsumer<byte[], byte[]>("topic", "group");
            await foreach (Record<byte[], byte[]> record in consumer.ReadToEndAsync())
            {
                Assert.Fail($"{record} was committed.");
            }
        });
        next.Run(again.DisposeAsync());
    }

    [Fact]
    public void PartitionsChanged_TopicMadeGrownOrDeleted_IsRaisedUnderNoLock() => OnLog(async (log, _) =>
    {
        List<string> seen = [];
        TopicSet topics = log.TopicSet;
        ValueTask<Topic>? inside = null;
        topics.PartitionsChanged += () =>
        {
            seen.Add(string.Join(' ', topics.All.Select(topic => $"{topic.Name}:{topic.PartitionCount}")));
            inside ??= log.EnsureTopicAsync("inside");
            Assert.True(inside.Value.IsCompleted, "the lock of changes is held");
        };

        await log.CreateTopicAsync("new");
        await log.AddPartitionsAsync("topic", 3);
        await log.EnsureTopicAsync("topic", new TopicOptions { Partitions = 3, MaxRecordBytes = 10 });
        await log.DeleteTopicAsync("new");
        await Assert.ThrowsAsync<TopicConflictException>(async () => await log.AddPartitionsAsync("topic", 3));

        Assert.Equal(
            ["new:1 topic:2", "inside:1 new:1 topic:2", "inside:1 new:1 topic:3", "inside:1 topic:3"],
            seen);
    });

    private void OnLog(Func<CommitLog, Topic, Task> body)
    {
        _machine.Run(async () =>
        {
            await using CommitLog log = await OpenLog.OnAsync(_machine);
            await body(log, await log.CreateTopicAsync("topic", new TopicOptions { Partitions = 2 }));
        });
        Assert.Empty(_machine.Disk.OpenFiles);
    }
}

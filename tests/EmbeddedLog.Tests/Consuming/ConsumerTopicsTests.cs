using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Consuming;

/// <summary>One consumer of several topics: fair to each, and one topic's trouble is its own.</summary>
public sealed class ConsumerTopicsTests : IDisposable
{
    private static readonly Subscription s_all = Subscription.Topics("a", "b", "c");

    private readonly SimulatedPlatform _machine = new(seed: 1);
    private readonly CommitLog _log;
    private readonly Topic _a;
    private readonly Topic _b;
    private readonly Topic _c;

    public ConsumerTopicsTests()
    {
        _log = _machine.Run(OpenLog.OnAsync(_machine));
        _a = _machine.Run(_log.CreateTopicAsync("a", new TopicOptions { Partitions = 3 }));
        _b = _machine.Run(_log.CreateTopicAsync("b", new TopicOptions { Partitions = 1 }));
        _c = _machine.Run(_log.CreateTopicAsync("c", new TopicOptions { Partitions = 2 }));
    }

    [Fact]
    public void ReadToEndAsync_OfSeveralTopics_HandsOutAllInTheOrderOfTheirPartitions() => _machine.Run(async () =>
    {
        Fill(records: 50, _a, _b, _c);
        await using Consumer<string, string> consumer = Consume(s_all, options: new() { MaxBufferedRecords = 7 });

        List<Record<string, string>> read = await consumer.TakeToEndAsync();

        Assert.Equal(6 * 50, read.Count);
        Assert.All(
            read.GroupBy(record => record.TopicPartition),
            partition => Assert.Equal(
                Enumerable.Range(0, 50).Select(i => (long)i), partition.Select(record => record.Offset)));
    });

    [Fact]
    public void Deserialize_OfSeveralTopics_IsToldWhichTopicTheRecordIsOf() => _machine.Run(async () =>
    {
        Fill(records: 1, _a, _b, _c);
        TopicNames names = new();
        await using Consumer<string, string> consumer = _log.CreateConsumer(s_all, null, null, names, names);

        foreach (Record<string, string> record in await consumer.TakeToEndAsync())
        {
            Assert.Equal((record.Topic, record.Topic), (record.Key, record.Value));
        }
    });

    /// <summary>Whatever is there of one topic, the others come in each round.</summary>
    [Fact]
    public void ReadAllAsync_BacklogInOneTopic_OthersAreHandedOutInEachRound() => _machine.Run(async () =>
    {
        const int Chunk = 10;
        Fill(records: 1000, _a);
        Fill(records: 100, _b);
        await using Consumer<string, string> consumer = Consume(
            Subscription.Topics("a", "b", "c"), options: new() { MaxBufferedRecords = Chunk });

        string[] topics = [.. (await consumer.TakeAsync(400)).Select(record => record.Topic)];

        // A round is a chunk of each partition that has records: three of a, one of b.
        Assert.Equal(100, topics.Count(topic => topic == "b"));
        for (int round = 0; round < 10; round++)
        {
            Assert.Equal(Chunk, topics.Skip(4 * Chunk * round).Take(4 * Chunk).Count(topic => topic == "b"));
        }
    });

    [Fact]
    public void ReadToEndAsync_MorePartitionsInOneTopic_TopicsAlternate() => _machine.Run(async () =>
    {
        Fill(records: 1, _a, _b, _c);
        await using Consumer<string, string> consumer = Consume(s_all);

        Assert.Equal(
            ["a-0", "b-0", "c-0", "a-1", "c-1", "a-2"],
            (await consumer.TakeToEndAsync()).Select(record => record.TopicPartition.ToString()));
    });

    [Fact]
    public void ReadAllAsync_TopicIsDeletedWhileItWaits_IsToldOnceAndOthersGoOn() => _machine.Run(async () =>
    {
        await using Consumer<string, string> consumer = Consume(s_all);
        Task<List<Record<string, string>>> reading = consumer.TakeAsync(1);
        await _log.DeleteTopicAsync("a");
        UnknownTopicException told = await Assert.ThrowsAsync<UnknownTopicException>(() => reading);
        Assert.Equal("a", told.Topic);

        // Of the three partitions, none is told again, and whoever waits is woken by the others.
        reading = consumer.TakeAsync(3);
        Fill(records: 1, _b, _c);
        Assert.Equal(["b", "c", "c"], (await reading).Select(record => record.Topic));
    });

    [Fact]
    public void ReadAllAsync_TopicIsDeleted_EachAttemptIsToldAfterItsPause() => _machine.Run(async () =>
    {
        await using Consumer<string, string> consumer = Consume(s_all);
        await _log.DeleteTopicAsync("a");
        List<double> waited = [];
        for (int i = 0; i < 4; i++)
        {
            DateTimeOffset before = _machine.Time.GetUtcNow();
            await Assert.ThrowsAsync<UnknownTopicException>(() => consumer.TakeAsync(1));
            waited.Add((_machine.Time.GetUtcNow() - before).TotalMilliseconds);
        }

        Assert.Equal([0, 100, 200, 400], waited);

        // Nobody who has paused it is told any more.
        foreach (TopicPartition partition in consumer.Assignment.Where(each => each.Topic == "a"))
        {
            consumer.Pause(partition);
        }

        Fill(records: 1, _b);
        Assert.Equal(["b"], (await consumer.TakeToEndAsync()).Select(record => record.Topic));
    }, TimeSpan.FromSeconds(2));

    [Fact]
    public void ReadToEndAsync_TopicIsDeleted_ReadsTheOthersThenThrowsEachTime() => _machine.Run(async () =>
    {
        Fill(records: 5, _a, _b, _c);
        await using Consumer<string, string> consumer = Consume(s_all, options: new() { MaxBufferedRecords = 2 });
        await _log.DeleteTopicAsync("c");
        List<Record<string, string>> read = [];
        for (int i = 0; i < 2; i++)
        {
            await Assert.ThrowsAsync<UnknownTopicException>(async () =>
            {
                await foreach (Record<string, string> record in consumer.ReadToEndAsync())
                {
                    read.Add(record);
                }
            });
            Assert.Equal(20 + i, read.Count);
            Fill(records: 1, _b);
        }
    });

    [Theory]
    [InlineData(null)]
    [InlineData(10)]
    public void Commit_TopicWasDeleted_CommitsInTheOthers(int? intervalSeconds) => _machine.Run(async () =>
    {
        Fill(records: 5, _a, _b, _c);
        Consumer<string, string> consumer = Consume(
            s_all,
            "group",
            new() { CommitInterval = intervalSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null });
        List<Record<string, string>> read = await consumer.TakeToEndAsync();
        await _log.DeleteTopicAsync("a");
        if (intervalSeconds is null)
        {
            await Assert.ThrowsAsync<UnknownTopicException>(
                async () => await consumer.CommitAsync(read.First(record => record.Topic == "a")));
            await consumer.CommitFinishedAsync();
        }

        await consumer.DisposeAsync();
        await using Consumer<string, string> next = Consume(Subscription.Topics("b", "c"), "group");
        Assert.All(next.Assignment, partition => Assert.Equal(5, next.Committed(partition)));
    });

    /// <summary>The deletion is told; then the other topic that has the name now is read, from its start.</summary>
    [Fact]
    public void ReadToEndAsync_TopicWasMadeAgain_TellsTheDeletionAndReadsTheNewOne() => _machine.Run(async () =>
    {
        await using Consumer<string, string> consumer = Consume(s_all, "group");
        Assert.Empty(await consumer.TakeToEndAsync());
        await _log.DeleteTopicAsync("b");
        Topic again = await _log.CreateTopicAsync("b");
        Fill(records: 3, again, _c);
        await Assert.ThrowsAsync<UnknownTopicException>(consumer.TakeToEndAsync);

        List<Record<string, string>> read = await consumer.TakeToEndAsync();
        Assert.Equal(3, read.Count(record => record.Topic == "b"));
        Assert.Equal(6, read.Count(record => record.Topic == "c"));
        await consumer.CommitFinishedAsync();
        Assert.Equal(3, consumer.Committed(new TopicPartition("b", 0)));
    });

    [Fact]
    public void LagAndSeek_TopicWasDeleted_AreOfTheOtherTopics() => _machine.Run(async () =>
    {
        Fill(records: 5, _a, _b, _c);
        await using Consumer<string, string> consumer = Consume(s_all);
        await _log.DeleteTopicAsync("a");

        Assert.Equal(["b", "c", "c"], (await consumer.GetLagAsync()).Select(lag => lag.Partition.Topic));
        await consumer.SeekAsync(SeekTarget.At(_machine.Time.GetUtcNow().AddDays(1)));
        Assert.All(await consumer.GetLagAsync(), lag => Assert.Equal(0, lag.Records));
        await Assert.ThrowsAsync<UnknownTopicException>(
            async () => await consumer.SeekAsync(SeekTarget.End, _a[0].TopicPartition));
        UnknownTopicException told = await Assert.ThrowsAsync<UnknownTopicException>(consumer.TakeToEndAsync);
        Assert.Contains(
            "pause its partitions, or create a consumer without it",
            Assert.Throws<ArgumentException>(() => consumer.Skip(told)).Message,
            StringComparison.Ordinal);
    });

    [Fact]
    public void Record_ThatCannotBeRead_HoldsUpItsPartitionAlone() => _machine.Run(async () =>
    {
        Fill(records: 5, _a, _b, _c);
        _a[1].Append(new RawRecord("bad"u8, "bad"u8));
        _a[1].Append(new RawRecord("k"u8, "good"u8));
        await using Consumer<string, string> consumer = _log.CreateConsumer(
            s_all, null, null, Serdes.Utf8, new PickyDeserializer());
        List<Record<string, string>> read = [];
        RecordDeserializationException told = await Assert.ThrowsAsync<RecordDeserializationException>(async () =>
        {
            await foreach (Record<string, string> record in consumer.ReadToEndAsync())
            {
                read.Add(record);
            }
        });

        Assert.Equal(30, read.Count);
        Assert.Equal(("a", 1, 5), (told.Topic, told.Partition, told.Offset));
        consumer.Skip(told);
        Assert.Equal(["a-1@6"], (await consumer.TakeToEndAsync()).Select(each => each.TopicPartitionOffset.ToString()));
    });

    /// <summary>What arrives between two consumers of the group is not skipped, in whichever topic.</summary>
    [Fact]
    public void Start_LatestOfSeveralTopics_IsCommittedByTheFirstReadInEach() => _machine.Run(async () =>
    {
        Fill(records: 5, _a, _b);
        ConsumerOptions latest = new() { Start = StartAt.Latest };
        await using (Consumer<string, string> first = Consume(s_all, "group", latest))
        {
            Assert.Empty(await first.TakeToEndAsync());
            Assert.Equal(
                [5, 5, 5, 5, 0, 0], first.Assignment.Select(partition => first.Committed(partition) ?? -1));
        }

        Fill(records: 1, _a, _b, _c);
        await using Consumer<string, string> next = Consume(s_all, "group", latest);
        Assert.Equal(
            ["a-0@5", "b-0@5", "c-0@0", "a-1@5", "c-1@0", "a-2@5"],
            (await next.TakeToEndAsync()).Select(record => record.TopicPartitionOffset.ToString()));
    });

    [Fact]
    public void Start_LatestAndOneTopicIsDeletedBefore_TheOthersAreSettledAndRead() => _machine.Run(async () =>
    {
        Fill(records: 5, _a, _b, _c);
        await using Consumer<string, string> consumer = Consume(
            s_all, "group", new() { Start = StartAt.Latest });
        await _log.DeleteTopicAsync("b");
        Task<List<Record<string, string>>> reading = consumer.TakeAsync(1);
        await Assert.ThrowsAsync<UnknownTopicException>(() => reading);
        reading = consumer.TakeAsync(1);
        Fill(records: 1, _c);

        Assert.Equal("c-0@5", Assert.Single(await reading).TopicPartitionOffset.ToString());
        Assert.Equal(5, consumer.Committed(_a[2].TopicPartition));
    });

    [Fact]
    public void Restart_AfterCommitsInSeveralTopics_EachGoesOnWhereItWas() => _machine.Run(async () =>
    {
        Fill(records: 5, _a, _b, _c);
        await using (Consumer<string, string> first = Consume(s_all, "group"))
        {
            await foreach (Record<string, string> record in first.ReadToEndAsync())
            {
                if (record is { Topic: "a", Partition: 1, Offset: 2 } or { Topic: "c", Partition: 0, Offset: 4 })
                {
                    await first.CommitAsync(record);
                }
            }
        }

        await using (Consumer<string, string> one = Consume("c", "group"))
        {
            Assert.Equal([5, 0], one.Assignment.Select(one.Position));
        }

        await using Consumer<string, string> next = Consume(s_all, "group");
        Assert.Equal([0, 3, 0, 0, 5, 0], next.Assignment.Select(next.Position));
    });

    public void Dispose()
    {
        _machine.Run(_log.DisposeAsync());
        _machine.Dispose();
    }

    private static void Fill(int records, params Topic[] topics)
    {
        foreach (OwnedPartition partition in topics.SelectMany(topic => topic.Partitions))
        {
            for (int i = 0; i < records; i++)
            {
                partition.Append(new RawRecord("key"u8, "value"u8));
            }
        }
    }

    private Consumer<string, string> Consume(
        Subscription topics, string? group = null, ConsumerOptions? options = null) =>
        _log.CreateConsumer(topics, group, options, Serdes.Utf8, Serdes.Utf8);

    /// <summary>Gives the topic that it is told of.</summary>
    private sealed class TopicNames : IDeserializer<string>
    {
        public string Deserialize(ReadOnlySpan<byte> data, in SerializationContext context) => context.Topic;
    }
}

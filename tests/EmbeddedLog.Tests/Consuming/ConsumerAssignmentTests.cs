using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Consuming;

/// <summary>A consumer of some partitions of two topics.</summary>
public sealed class ConsumerAssignmentTests : IDisposable
{
    private readonly SimulatedPlatform _machine = new(seed: 1);
    private readonly CommitLog _log;
    private readonly Topic _a;
    private readonly Topic _b;

    public ConsumerAssignmentTests()
    {
        _log = _machine.Run(OpenLog.OnAsync(_machine));
        _a = _machine.Run(_log.CreateTopicAsync("a", new TopicOptions { Partitions = 2 }));
        _b = _machine.Run(_log.CreateTopicAsync("b", new TopicOptions { Partitions = 3 }));
    }

    [Fact]
    public void ReadToEndAsync_OfAnAssignment_HandsOutItsPartitionsAndNoOthers() => _machine.Run(async () =>
    {
        Fill(recordsOfEach: 3);
        await using Consumer<string, string> consumer = Consume();

        List<string> places = await ReadToEndAsync(consumer);

        Assert.Equal(["a-1@0", "a-1@1", "a-1@2", "b-0@0", "b-0@1", "b-0@2", "b-2@0", "b-2@1", "b-2@2"], places);
        Assert.Equal([.. Assigned().Select(each => each.TopicPartition)], consumer.Assignment);
    });

    [Fact]
    public void CommitAsync_OfAnAssignment_IsWhereTheNextConsumerBegins() => _machine.Run(async () =>
    {
        Fill(recordsOfEach: 2);
        await using (Consumer<string, string> consumer = Consume())
        {
            await ReadToEndAsync(consumer);
            await consumer.CommitFinishedAsync();
            Assert.Equal(2, consumer.Committed(_b[2].TopicPartition));
        }

        Fill(recordsOfEach: 1);
        await using Consumer<string, string> next = Consume();
        Assert.Equal(["a-1@2", "b-0@2", "b-2@2"], await ReadToEndAsync(next));
        Assert.Null(_log.Offsets.Effective("group", _b[1].Log));
    });

    [Fact]
    public void CommitAsync_OfOneRecord_CommitsInItsPartitionOnly() => _machine.Run(async () =>
    {
        Fill(recordsOfEach: 2);
        await using Consumer<string, string> consumer = Consume();
        await foreach (Record<string, string> record in consumer.ReadToEndAsync())
        {
            if (record is { Topic: "b", Partition: 2, Offset: 0 })
            {
                await consumer.CommitAsync(record);
            }
        }

        Assert.Equal(1, consumer.Committed(_b[2].TopicPartition));
        Assert.Null(consumer.Committed(_b[0].TopicPartition));
        Assert.Null(consumer.Committed(_a[1].TopicPartition));
    });

    [Fact]
    public void Read_ThatIsLeft_HandsOutTheRecordInHandAgainAfterTheOthers() => _machine.Run(async () =>
    {
        Fill(recordsOfEach: 1);
        await using Consumer<string, string> consumer = Consume();
        await foreach (Record<string, string> record in consumer.ReadToEndAsync())
        {
            Assert.Equal("a-1@0", record.TopicPartitionOffset.ToString());
            break;
        }

        Assert.Equal(["b-0@0", "b-2@0", "a-1@0"], await ReadToEndAsync(consumer));
    });

    [Fact]
    public void ReadAllAsync_CaughtUp_IsWokenByAnAppendToAnyOfThem()
    {
        using Consumer<string, string> consumer = Consume();
        Task<List<Record<string, string>>> reading = consumer.TakeAsync(3);
        foreach (OwnedPartition partition in Assigned().Reverse())
        {
            _machine.Scheduler.RunUntilIdle();
            Assert.False(reading.IsCompleted);
            partition.Append(new RawRecord("value"u8));
        }

        _machine.Scheduler.RunUntilIdle();

        Assert.Equal(
            ["b-2@0", "b-0@0", "a-1@0"], reading.Ended().Select(record => record.TopicPartitionOffset.ToString()));
    }

    [Fact]
    public void SeekPauseAndSkip_OfAPartition_ReachItAlone() => _machine.Run(async () =>
    {
        Fill(recordsOfEach: 3);
        await using Consumer<string, string> consumer = Consume();
        consumer.Seek(new TopicPartitionOffset("b", 2, 2));
        consumer.Pause(_a[1].TopicPartition);
        consumer.Seek(new TopicPartitionOffset("b", 0, 1));

        Assert.Equal(["b-0@1", "b-0@2", "b-2@2"], await ReadToEndAsync(consumer));
        consumer.Resume(_a[1].TopicPartition);
        Assert.Equal(0, consumer.Position(_a[1].TopicPartition));
        Assert.Equal(["a-1@0", "a-1@1", "a-1@2"], await ReadToEndAsync(consumer));
    });

    [Fact]
    public void Position_OfWhatIsNotAssigned_NamesWhatIs()
    {
        using Consumer<string, string> consumer = Consume();

        Assert.Contains(
            "partitions 0 and 2 of topic 'b'",
            Assert.Throws<ArgumentOutOfRangeException>(() => consumer.Position(_b[1].TopicPartition)).Message);
        Assert.Contains(
            "topics 'a' and 'b', not 'c'",
            Assert.Throws<ArgumentException>(() => consumer.Position(new TopicPartition("c", 0))).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => consumer.Position(_a[0].TopicPartition));
        Assert.Throws<ArgumentOutOfRangeException>(() => consumer.Position(new TopicPartition("b", -1)));
        Assert.Throws<ArgumentException>(() => consumer.Position(default));
    }

    [Fact]
    public void Commit_OfAConsumerWithoutAGroup_NamesItsTopics()
    {
        using Consumer<string, string> consumer = _log.CreateConsumer<string, string>(Subscription.Topics("a", "b"));

        Assert.Contains(
            "The consumer of topics 'a' and 'b' has no group to commit for.",
            Assert.Throws<InvalidOperationException>(() => { _ = consumer.CommitFinishedAsync(); }).Message);
    }

    public void Dispose()
    {
        _machine.Run(_log.DisposeAsync());
        _machine.Dispose();
    }

    private static async Task<List<string>> ReadToEndAsync(Consumer<string, string> consumer)
    {
        List<string> places = [];
        await foreach (Record<string, string> record in consumer.ReadToEndAsync())
        {
            places.Add(record.TopicPartitionOffset.ToString());
        }

        return places;
    }

    private void Fill(int recordsOfEach)
    {
        foreach (OwnedPartition partition in _a.Partitions.Concat(_b.Partitions))
        {
            for (int i = 0; i < recordsOfEach; i++)
            {
                partition.Append(new RawRecord("value"u8));
            }
        }
    }

    private OwnedPartition[] Assigned() => [_a[1], _b[0], _b[2]];

    private Consumer<string, string> Consume() =>
        _log.CreateConsumer(
            Subscription.Partitions([.. Assigned().Select(partition => partition.TopicPartition)]),
            "group",
            options: null,
            Serdes.Utf8,
            Serdes.Utf8);
}

using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Consuming;

/// <summary>Moving about, and pausing.</summary>
public sealed class ConsumerSeekTests : IDisposable
{
    private static readonly TopicPartition s_first = new(TopicFixture.Topic, 0);
    private static readonly TopicPartition s_second = new(TopicFixture.Topic, 1);

    private readonly SimulatedPlatform _simulation = new(seed: 1);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(700)]
    [InlineData(999)]
    public void Seek_WhileReading_TheNextRecordIsFromThere(int offset) => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(1000);
        await using Consumer<string, string> consumer = topic.Consume();
        List<long> seen = [];
        await foreach (Record<string, string> record in consumer.ReadAllAsync())
        {
            seen.Add(record.Offset);
            if (seen.Count == 3)
            {
                consumer.Seek(new TopicPartitionOffset(TopicFixture.Topic, 0, offset));
                Assert.Equal(offset, consumer.Position(s_first));
            }
            else if (seen.Count == 4)
            {
                break;
            }
        }

        Assert.Equal([0, 1, 2, offset], seen);
    });

    [Fact]
    public void Seek_WhileAReaderWaits_WakesIt()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(3);
        using Consumer<string, string> consumer = topic.Consume();
        Task<List<Record<string, string>>> reading = consumer.TakeAsync(5);
        _simulation.Scheduler.RunUntilIdle();
        Assert.False(reading.IsCompleted);

        consumer.Seek(new TopicPartitionOffset(TopicFixture.Topic, 0, 1));
        _simulation.Scheduler.RunUntilIdle();

        Assert.Equal(["0", "1", "2", "1", "2"], reading.Ended().Values());
    }

    [Fact]
    public void Seek_WhileAReaderWaits_ItWaitsForTheRightEnd()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(3);
        using Consumer<string, string> consumer = topic.Consume();
        Task<List<Record<string, string>>> reading = consumer.TakeAsync(8);
        for (int round = 0; round < 3; round++)
        {
            _simulation.Scheduler.RunUntilIdle();
            consumer.Seek(new TopicPartitionOffset(TopicFixture.Topic, 0, 2));
        }

        _simulation.Scheduler.RunUntilIdle();
        topic.Append(3);
        _simulation.Scheduler.RunUntilIdle();
        Assert.False(reading.IsCompleted);
        topic.Append(4);
        _simulation.Scheduler.RunUntilIdle();

        Assert.Equal(["0", "1", "2", "2", "2", "2", "3", "4"], reading.Ended().Values());
    }

    [Fact]
    public void Seek_OfOnePartition_LeavesTheOthers() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation, partitions: 2);
        topic.AppendNumbers(3, partition: 0);
        topic.AppendNumbers(3, partition: 1);
        await using Consumer<string, string> consumer = topic.Consume();
        await consumer.TakeFinishedAsync(2);
        consumer.Seek(new TopicPartitionOffset(TopicFixture.Topic, 1, 2));

        Assert.Equal(["0:2", "1:2"], (await consumer.TakeToEndAsync()).Places());
    });

    [Fact]
    public void Seek_ByTheDeserializer_TakesEffect() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(5);
        NumberDeserializer numbers = new();
        await using Consumer<string, int> consumer = topic.Consume(Serdes.Utf8, numbers);
        numbers.Reading = number =>
        {
            if (number == 2)
            {
                numbers.Reading = null;
                consumer.Seek(new TopicPartitionOffset(TopicFixture.Topic, 0, 4));
            }
        };

        List<Record<string, int>> read = await consumer.TakeToEndAsync();
        Assert.Equal([4], read.Values());
    });

    [Fact]
    public void SeekPauseAndPosition_OutsideTheTopic_AreRefused()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(3);
        using Consumer<string, string> consumer = topic.Consume();

        Assert.Throws<ArgumentException>(() => consumer.Seek(new TopicPartitionOffset("other", 0, 0)));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => consumer.Seek(new TopicPartitionOffset(TopicFixture.Topic, 1, 0)));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => consumer.Seek(new TopicPartitionOffset(TopicFixture.Topic, 0, -1)));
        Assert.Throws<ArgumentException>(() => consumer.Pause(new TopicPartition("other", 0)));
        Assert.Throws<ArgumentOutOfRangeException>(() => consumer.Resume(s_second));
        Assert.Throws<ArgumentOutOfRangeException>(() => consumer.Position(s_second));
        Assert.Throws<ArgumentOutOfRangeException>(() => consumer.Committed(s_second));
        Assert.Equal(0, consumer.Position(s_first));
    }

    [Fact]
    public void SeekAsync_ToTheEndAndAppendsFollow_BeginsWithThose() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation, partitions: 2);
        topic.AppendNumbers(3, partition: 0);
        await using Consumer<string, string> consumer = topic.Consume();
        consumer.SeekTo(SeekTarget.End);
        topic.Append(3);
        topic.Append(0, partition: 1);

        Assert.Equal(["0:3", "1:0"], (await consumer.TakeToEndAsync()).Places());
    });

    [Fact]
    public void SeekAsync_ToTheBeginningAndRetentionIsFaster_BeginsWithWhatIsLeft() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(10);
        await using Consumer<string, string> consumer = topic.Consume(
            options: new ConsumerOptions { Start = StartAt.Error });
        consumer.SeekTo(SeekTarget.Beginning);
        await topic.Log.FlushAsync(topic.Log.PublishedEnd, CancellationToken.None);
        topic.Log.DeleteBefore(4);

        Assert.Equal(4, consumer.Position(s_first));
        Assert.Equal(Reading.Numbers(4, 6), (await consumer.TakeToEndAsync()).Values());
        consumer.SeekTo(SeekTarget.Beginning);
        Assert.Equal(["4"], (await consumer.TakeAsync(1)).Values());
    });

    [Fact]
    public void SeekAsync_ByTime_FindsTheFirstAtOrAfterInEachPartition() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation, partitions: 3);
        long now = _simulation.Time.GetUtcNow().ToUnixTimeMilliseconds();
        for (int i = 0; i < 10; i++)
        {
            topic.Append(i, partition: 0, timestamp: now + (1000 * i));
            topic.Append(i, partition: 1, timestamp: now + 3500 + i);
            topic.Append(i, partition: 2, timestamp: now);
        }

        await using Consumer<string, string> consumer = topic.Consume();
        consumer.SeekTo(SeekTarget.At(DateTimeOffset.FromUnixTimeMilliseconds(now + 3500)));

        Assert.Equal([4, 0, 10], consumer.Assignment.Select(consumer.Position));
    });

    [Fact]
    public void Pause_WhileReading_HandsOutNothingOfItUntilResumed() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation, partitions: 2);
        topic.AppendNumbers(3, partition: 0);
        topic.AppendNumbers(3, partition: 1);
        await using Consumer<string, string> consumer = topic.Consume();
        List<string> seen = [];
        await foreach (Record<string, string> record in consumer.ReadAllAsync())
        {
            seen.Add($"{record.Partition}:{record.Offset}");
            if (seen.Count == 1)
            {
                consumer.Pause(s_first);
                consumer.Pause(s_first);
                Assert.Equal(0, consumer.Position(s_first));
            }
            else if (seen.Count == 4)
            {
                consumer.Resume(s_first);
                consumer.Resume(s_first);
            }
            else if (seen.Count == 6)
            {
                break;
            }
        }

        Assert.Equal(["0:0", "1:0", "1:1", "1:2", "0:1", "0:2"], seen);
    });

    [Fact]
    public void Resume_WhileAReaderWaits_WakesIt()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(1);
        using Consumer<string, string> consumer = topic.Consume();
        consumer.Pause(s_first);
        Task<List<Record<string, string>>> reading = consumer.TakeAsync(1);
        _simulation.Scheduler.RunUntilIdle();
        Assert.False(reading.IsCompleted);

        consumer.Resume(s_first);
        _simulation.Scheduler.RunUntilIdle();

        Assert.Equal(["0"], reading.Ended().Values());
    }

    public void Dispose() => _simulation.Dispose();
}

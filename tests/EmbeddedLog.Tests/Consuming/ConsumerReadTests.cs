using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Consuming;

/// <summary>Reading records, one by one.</summary>
public sealed class ConsumerReadTests : IDisposable
{
    private readonly SimulatedPlatform _simulation = new(seed: 1);

    [Fact]
    public void ReadAllAsync_RecordsAreThere_HandsThemOutInOrder() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(2000);
        await using Consumer<string, string> consumer = topic.Consume();

        List<Record<string, string>> records = await consumer.TakeAsync(2000);

        Assert.Equal(Reading.Numbers(0, 2000), records.Values());
        Assert.Equal(Enumerable.Range(0, 2000).Select(i => (long)i), records.Select(record => record.Offset));
        Assert.Equal(records.Values(), records.Select(record => record.Key));
        Assert.All(records, record => Assert.Equal(TopicFixture.Topic, record.Topic));
    });

    [Fact]
    public void ReadAllAsync_CaughtUp_IsWokenByTheAppend()
    {
        TopicFixture topic = TopicFixture.On(_simulation, partitions: 3);
        using Consumer<string, string> consumer = topic.Consume();
        Task<List<Record<string, string>>> reading = consumer.TakeAsync(3);
        for (int i = 0; i < 3; i++)
        {
            _simulation.Scheduler.RunUntilIdle();
            Assert.False(reading.IsCompleted);

            // Time stands still: nothing but the append can wake the reader.
            topic.Append(i, partition: 2 - i);
        }

        _simulation.Scheduler.RunUntilIdle();

        Assert.Equal(["2:0", "1:0", "0:0"], reading.Ended().Places());
    }

    [Fact]
    public void ReadAllAsync_SeveralPartitions_TakesThemInTurnsOfAChunk() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation, partitions: 3);
        for (int partition = 0; partition < 3; partition++)
        {
            topic.AppendNumbers(5, partition);
        }

        await using Consumer<string, string> consumer = topic.Consume(
            options: new ConsumerOptions { MaxBufferedRecords = 2 });

        Assert.Equal(
            ["0:0", "0:1", "1:0", "1:1", "2:0", "2:1", "0:2", "0:3", "1:2", "1:3", "2:2", "2:3", "0:4", "1:4", "2:4"],
            (await consumer.TakeAsync(15)).Places());
    });

    [Fact]
    public void ReadAllAsync_OnePartitionNeverEnds_TheOthersAreReadAllTheSame() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation, partitions: 2);
        topic.AppendNumbers(10, partition: 0);
        topic.AppendNumbers(10, partition: 1);
        await using Consumer<string, string> consumer = topic.Consume(
            options: new ConsumerOptions { MaxBufferedRecords = 4 });
        int ofOther = 0;
        int read = 0;
        await foreach (Record<string, string> record in consumer.ReadAllAsync())
        {
            read++;
            if (record.Partition == 0)
            {
                topic.Append(read, partition: 0);
            }
            else if (++ofOther == 10)
            {
                break;
            }
        }

        Assert.InRange(read, 10, 10 + 12);
    });

    [Fact]
    public void ReadAllAsync_LeftAndReadAgain_BeginsWithWhatWasInHand() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(6);
        await using Consumer<string, string> consumer = topic.Consume();

        Assert.Equal(["0", "1"], (await consumer.TakeAsync(2)).Values());
        Assert.Equal(1, consumer.Position(consumer.Assignment[0]));
        Assert.Equal(["1"], (await consumer.TakeAsync(1)).Values());
        Assert.Equal(["1", "2", "3", "4", "5"], (await consumer.TakeToEndAsync()).Values());
    });

    [Fact]
    public void ReadToEndAsync_AppendsGoOn_EndsAtTheEndsOfTheCall() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation, partitions: 2);
        topic.AppendNumbers(3, partition: 0);
        topic.AppendNumbers(2, partition: 1);
        await using Consumer<string, string> consumer = topic.Consume();
        IAsyncEnumerable<Record<string, string>> toEnd = consumer.ReadToEndAsync();
        List<Record<string, string>> records = [];
        topic.Append(99);
        await foreach (Record<string, string> record in toEnd)
        {
            records.Add(record);
            topic.Append(99, partition: 1);
        }

        Assert.Equal(["0:0", "0:1", "0:2", "1:0", "1:1"], records.Places());
        Assert.Equal(3, consumer.Position(consumer.Assignment[0]));
        Assert.Equal(["0:3", "1:2", "1:3", "1:4", "1:5", "1:6"], (await consumer.TakeToEndAsync()).Places());
    });

    [Fact]
    public void ReadToEndAsync_NothingThere_EndsAtOnce() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation, partitions: 2);
        await using Consumer<string, string> consumer = topic.Consume();

        Assert.Empty(await consumer.TakeToEndAsync());
    });

    [Fact]
    public void ReadToEndAsync_PartitionIsPaused_EndsWithoutIt() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation, partitions: 2);
        topic.AppendNumbers(2, partition: 0);
        topic.AppendNumbers(2, partition: 1);
        await using Consumer<string, string> consumer = topic.Consume();
        consumer.Pause(consumer.Assignment[0]);

        Assert.Equal(["1:0", "1:1"], (await consumer.TakeToEndAsync()).Places());
    });

    [Fact]
    public void ReadToEndAsync_EnumeratedAgainAfterItsEnd_IsAtItsEnd() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(2);
        await using Consumer<string, string> consumer = topic.Consume();
        IAsyncEnumerable<Record<string, string>> toEnd = consumer.ReadToEndAsync();
        await using IAsyncEnumerator<Record<string, string>> first = toEnd.GetAsyncEnumerator();
        Assert.True(await first.MoveNextAsync());
        Assert.True(await first.MoveNextAsync());
        Assert.False(await first.MoveNextAsync());
        topic.Append(2);

        Assert.False(await first.MoveNextAsync());
        await using IAsyncEnumerator<Record<string, string>> second = toEnd.GetAsyncEnumerator();
        Assert.False(await second.MoveNextAsync());
    });

    [Fact]
    public void Record_OfAnyShape_ComesWithEverything() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.Log.Append(
            new RawRecord([1, 2], [3])
            {
                Timestamp = 1_700_000_000_123,
                Headers = [new Header("trace", "abc"), new Header("none")],
            },
            out _);
        topic.Log.Append(new RawRecord([4]), out _);
        topic.Log.Append(RawRecord.Tombstone([5]), out _);
        await using Consumer<byte[]?, byte[]?> consumer = topic.Consume<byte[]?, byte[]?>(Serdes.Bytes, Serdes.Bytes);

        List<Record<byte[]?, byte[]?>> records = await consumer.TakeAsync(3);

        Assert.Equal([1, 2], records[0].Key);
        Assert.Equal([3], records[0].Value);
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123), records[0].Timestamp);
        Assert.Equal([new Header("trace", "abc"), new Header("none")], records[0].Headers);
        Assert.True(records[0] is { HasKey: true, IsTombstone: false });
        Assert.True(records[1] is { HasKey: false, Key: null, IsTombstone: false, Headers.Count: 0 });
        Assert.True(records[2] is { HasKey: true, IsTombstone: true, Value: null });
    });

    [Fact]
    public void Deserializer_SeesTopicAndHeaders() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.Log.Append(new RawRecord([1], [2]) { Headers = [new Header("type", "a")] }, out _);
        topic.Log.Append(new RawRecord([1], [2]), out _);
        ContextRecorder recorder = new();
        await using Consumer<byte[], byte[]> consumer = topic.Consume<byte[], byte[]>(recorder, recorder);

        await consumer.TakeAsync(2);

        Assert.Equal(
            ["topic key type=a", "topic value type=a", "topic key none", "topic value none"], recorder.Seen);
    });

    [Fact]
    public void Records_OfARemovedSegment_StayGood() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(100);
        await using Consumer<string, string> consumer = topic.Consume();
        List<Record<string, string>> records = await consumer.TakeFinishedAsync(50);
        topic.Log.Writer.Roll(topic.Log.Settings, 0);
        topic.Append(100);
        await topic.Log.FlushAsync(101, CancellationToken.None);
        Assert.Equal(1, topic.Log.DeleteBefore(100));

        Assert.Equal(Reading.Numbers(0, 50), records.Values());
        Assert.Equal(Reading.Numbers(50, 51), (await consumer.TakeAsync(51)).Values());
    });

    [Fact]
    public void ReadAllAsync_LargeRecords_ReadsAheadByBytes() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(
            _simulation, settings: PartitionFixture.Settings(segmentBytes: 8 << 20));
        for (int i = 0; i < 20; i++)
        {
            topic.Log.Append(new RawRecord(new byte[300 << 10]), out _);
        }

        ContextRecorder recorder = new();
        await using Consumer<byte[]?, byte[]> consumer = topic.Consume<byte[]?, byte[]>(recorder, recorder);

        await consumer.TakeFinishedAsync(1);
        Assert.Equal(4, recorder.Seen.Count);
        Assert.Equal(19, (await consumer.TakeAsync(19)).Count);
    });

    [Fact]
    public void ReadToEndAsync_PartitionHasFailed_ReadsWhatIsThere() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(3);
        _simulation.Disk.FailNextFlush();
        await Assert.ThrowsAsync<PartitionFailedException>(
            async () => await topic.Log.FlushAsync(3, CancellationToken.None));
        await using Consumer<string, string> consumer = topic.Consume();

        Assert.Equal(["0", "1", "2"], (await consumer.TakeToEndAsync()).Values());
    });

    public void Dispose() => _simulation.Dispose();

    /// <summary>Reads bytes and notes what it was told about them.</summary>
    private sealed class ContextRecorder : IDeserializer<byte[]>
    {
        public List<string> Seen { get; } = [];

        public byte[] Deserialize(ReadOnlySpan<byte> data, in SerializationContext context)
        {
            string headers = context.Headers is null
                ? "none"
                : string.Join(',', context.Headers.Select(header => $"{header.Key}={header.GetString()}"));
            Seen.Add($"{context.Topic} {(context.IsKey ? "key" : "value")} {headers}");
            return data.ToArray();
        }
    }
}

using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Producing;

/// <summary>A topic gets partitions under the producers that send to it.</summary>
public sealed class GrowingTopicTests : IDisposable
{
    private static readonly System.Text.Encoding s_utf8 = System.Text.Encoding.UTF8;

    private const int Before = 2;
    private const int After = 5;

    private readonly ProducerFixture _fixture = new(After);

    public GrowingTopicTests() => Show(Before);

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData(Durability.Written)]
    [InlineData(Durability.Flushed)]
    public void Sends_AfterPartitionsWereAdded_GoByTheNewNumber(Durability durability)
    {
        Producer<string, string> producer = _fixture.Create(durability);
        string key = KeyThatMoves(out int from, out int to);
        Assert.Equal(from, _fixture.Run(producer.ProduceAsync(key, "before")).Partition);

        Show(After);

        Assert.Equal(to, _fixture.Run(producer.ProduceAsync(key, "after")).Partition);
        Assert.True(producer.TryProduce(key, "after", out RecordMetadata tried));
        Assert.Equal(to, tried.Partition);
        Assert.Equal(
            to, Assert.Single(_fixture.Run(producer.ProduceBatchAsync([new(key, "after")]))).Partition);
        Assert.Equal(
            After - 1,
            _fixture.Run(producer.ProduceAsync(new(key, "named") { Partition = After - 1 })).Partition);
        _fixture.Run(producer.FlushAsync());
        Assert.All(_fixture.Partitions, partition => Assert.Equal(partition.EndOffset, partition.DurableOffset));
        _fixture.Run(producer.DisposeAsync());
    }

    [Fact]
    public void Produce_AfterPartitionsWereAdded_GoesByTheNewNumber()
    {
        Producer<string, string> producer = _fixture.Create(Durability.Written);
        string key = KeyThatMoves(out _, out int to);
        Show(After);

        Assert.Equal(to, producer.Produce(key, "after").Partition);
        _fixture.Run(producer.DisposeAsync());
    }

    [Fact]
    public void Sends_NamingAPartitionBeforeItIsAdded_AreRefusedWithTheNumberOfThatMoment()
    {
        Producer<string, string> producer = _fixture.Create();
        ArgumentOutOfRangeException refusal = Assert.Throws<ArgumentOutOfRangeException>(
            () => _fixture.Run(producer.ProduceAsync(new("key", "value") { Partition = Before })));

        Assert.Contains($"only 0 to {Before - 1}", refusal.Message, StringComparison.Ordinal);
        Show(After);
        refusal = Assert.Throws<ArgumentOutOfRangeException>(
            () => _fixture.Run(producer.ProduceAsync(new("key", "value") { Partition = After })));
        Assert.Contains($"only 0 to {After - 1}", refusal.Message, StringComparison.Ordinal);
        _fixture.Run(producer.DisposeAsync());
    }

    [Fact]
    public void Sends_WaitingForRoomWhilePartitionsAreAdded_StayInOrderWhereTheyWereGoing()
    {
        Producer<string, string> producer = _fixture.Create(maxInFlightBytes: 100);
        string key = KeyThatMoves(out int from, out int to);
        List<Task<RecordMetadata>> old = [];
        for (int i = 0; i < 5; i++)
        {
            old.Add(producer.ProduceAsync(key, $"{i}").AsTask());
        }

        Show(After);
        List<Task<RecordMetadata>> late = [];
        for (int i = 5; i < 10; i++)
        {
            late.Add(producer.ProduceAsync(key, $"{i}").AsTask());
        }

        RecordMetadata[] first = _fixture.Run(new ValueTask<RecordMetadata[]>(Task.WhenAll(old)));
        RecordMetadata[] second = _fixture.Run(new ValueTask<RecordMetadata[]>(Task.WhenAll(late)));

        Assert.All(first, record => Assert.Equal(from, record.Partition));
        Assert.All(second, record => Assert.Equal(to, record.Partition));
        Assert.Equal(
            ["0", "1", "2", "3", "4"], _fixture.Read(from).Select(record => s_utf8.GetString(record.Value!)));
        Assert.Equal(
            ["5", "6", "7", "8", "9"], _fixture.Read(to).Select(record => s_utf8.GetString(record.Value!)));
        Assert.Equal(0, producer.InFlightBytes);
        _fixture.Run(producer.DisposeAsync());
    }

    [Fact]
    public void ProduceBatchAsync_PartitionsAddedWhileItSerializes_KeepsAKeyInOnePartition()
    {
        string key = KeyThatMoves(out int from, out _);
        GrowingSerde values = new(() => Show(After), at: 3);
        Producer<string, string> producer = _fixture.Create(Serdes.Utf8, values);

        IReadOnlyList<RecordMetadata> written = _fixture.Run(producer.ProduceBatchAsync(
            [.. Enumerable.Range(0, 6).Select(i => new ProducerRecord<string, string>(key, $"{i}"))]));

        Assert.All(written, record => Assert.Equal(from, record.Partition));
        Assert.Equal([0, 1, 2, 3, 4, 5], written.Select(record => record.Offset));
        _fixture.Run(producer.DisposeAsync());
    }

    [Fact]
    public void FlushFails_InAnAddedPartition_IsToldByTheNextCall()
    {
        Producer<string, string> producer = _fixture.Create();
        Show(After);
        Assert.True(producer.TryProduce(new ProducerRecord<string, string>("key", "value") { Partition = After - 1 }));
        _fixture.Machine.Disk.FailNextFlush(1);
        Record.Exception(() => _fixture.Run(_fixture.Partitions[After - 1].FlushAsync()));
        _fixture.Settle();

        Assert.Throws<PartitionFailedException>(() => producer.TryProduce("key", "value", out _));
        _fixture.Run(producer.DisposeAsync());
    }

    [Fact]
    public async Task Sends_OfManyThreadsWhilePartitionsAreAdded_LoseNothing()
    {
        using TempDirectory root = new();
        await using CommitLog log = await CommitLog.OpenAsync(root["log"]);
        Topic topic = await log.CreateTopicAsync("topic", new TopicOptions { Partitions = 1 });
        await using Producer<string, byte[]> producer = log.CreateProducer<string, byte[]>("topic");
        const int Threads = 4;
        const int Each = 2_000;
        RecordMetadata[][] sent = new RecordMetadata[Threads][];
        using Barrier start = new(Threads + 1);
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(number => new Thread(() =>
        {
            sent[number] = new RecordMetadata[Each];
            start.SignalAndWait();
            for (int i = 0; i < Each; i++)
            {
                while (!producer.TryProduce($"{number}-{i}", BitConverter.GetBytes(i), out sent[number][i]))
                {
                    producer.Flush();
                }
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        start.SignalAndWait();
        for (int total = 2; total <= 8; total++)
        {
            await log.AddPartitionsAsync("topic", total);
        }

        Array.ForEach(threads, thread => thread.Join());
        await producer.FlushAsync();

        Assert.Equal(Threads * Each, topic.Partitions.Sum(partition => partition.EndOffset));
        Assert.Equal(
            Threads * Each,
            sent.SelectMany(each => each).Select(each => (each.Partition, each.Offset)).Distinct().Count());
        foreach (RecordMetadata[] each in sent)
        {
            // What one thread sends to one partition stands there in its order.
            Assert.All(
                each.GroupBy(record => record.Partition),
                records => Assert.Equal(records.Select(r => r.Offset).Order(), records.Select(r => r.Offset)));
        }
    }

    /// <summary>Lets the topic have so many of the fixture's partitions.</summary>
    private void Show(int count)
    {
        TopicOptions options = _fixture.Owner.Stored.Options.Copy();
        options.Partitions = count;
        _fixture.Owner.Replace(_fixture.Owner.Stored with { Options = options }, _fixture.Partitions[..count]);
    }

    private static string KeyThatMoves(out int from, out int to)
    {
        IPartitioner partitioner = Partitioners.Default();
        for (int i = 0; ; i++)
        {
            byte[] key = System.Text.Encoding.UTF8.GetBytes($"key-{i}");
            from = partitioner.Partition(new PartitionerContext("topic", Before, key, hasKey: true, key.Length));
            to = partitioner.Partition(new PartitionerContext("topic", After, key, hasKey: true, key.Length));
            if (from != to)
            {
                return $"key-{i}";
            }
        }
    }

    /// <summary>Lets the topic grow in the middle of a batch.</summary>
    private sealed class GrowingSerde(Action grow, int at) : ISerializer<string>
    {
        private int _calls;

        public void Serialize(
            string value, System.Buffers.IBufferWriter<byte> writer, in SerializationContext context)
        {
            if (++_calls == at)
            {
                grow();
            }

            Serdes.Utf8.Serialize(value, writer, context);
        }
    }
}

namespace EmbeddedLog.Tests.Producing;

/// <summary>The bound on what is appended and not durable, and how room comes back.</summary>
public sealed class ProducerBackPressureTests
{
    /// <summary>What a record with a key of one byte takes beside its value: 24 + 1 + 1, and padding to 8.</summary>
    private const int Overhead = 26;

    [Fact]
    public void TryProduce_AtTheBound_RefusesUntilAFlushThatItAsksForItself()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create(maxInFlightBytes: 128);

        Assert.True(producer.TryProduce("k", Value(64), out _));
        Assert.Equal(64, producer.InFlightBytes);
        Assert.True(producer.TryProduce("k", Value(64), out _));
        Assert.False(producer.TryProduce("k", Value(32), out RecordMetadata none));
        Assert.Equal(default, none);
        Assert.Equal(2, topic.Count);

        // Nobody flushes, and no time passes.
        topic.Settle();
        Assert.Equal(0, producer.InFlightBytes);
        Assert.Equal(2, topic.Partitions[0].DurableOffset);
        Assert.True(producer.TryProduce("k", Value(32), out RecordMetadata written));
        Assert.Equal(2, written.Offset);
    }

    [Fact]
    public void TryProduce_FarFromTheBound_AsksForNoFlush()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create(maxInFlightBytes: 1 << 20);

        Assert.True(producer.TryProduce("k", "v", out _));
        topic.Settle();

        Assert.Equal(0, topic.Partitions[0].DurableOffset);
        Assert.Equal(32, producer.InFlightBytes);
    }

    [Fact]
    public void TryProduce_WellBeforeTheBound_AsksForAFlush()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create(maxInFlightBytes: 1024);
        for (int i = 0; i < 1000; i++)
        {
            // Room comes back in time if flushes are fast.
            Assert.True(producer.TryProduce("k", Value(64), out _));
            topic.Settle();
        }

        Assert.InRange(topic.Partitions[0].DurableOffset, 990, 1000);
    }

    [Fact]
    public void TryProduce_LargerThanTheBound_GoesAlone()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create(maxInFlightBytes: 100);

        Assert.True(producer.TryProduce("k", Value(1000), out _));
        Assert.Equal(1000, producer.InFlightBytes);
        Assert.False(producer.TryProduce("k", Value(32), out _));
        topic.Settle();
        Assert.True(producer.TryProduce("k", Value(32), out _));
        Assert.False(producer.TryProduce("k", Value(1000), out _));
        Assert.True(topic.Run(producer.WaitToProduceAsync()));
        Assert.True(producer.TryProduce("k", Value(1000), out _));
    }

    [Fact]
    public void TryProduce_Written_HasNoBound()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create(Durability.Written, maxInFlightBytes: 1);
        for (int i = 0; i < 1000; i++)
        {
            Assert.True(producer.TryProduce("k", Value(64), out _));
        }

        Assert.True(producer.WaitToProduceAsync() is { IsCompletedSuccessfully: true, Result: true });
    }

    [Fact]
    public void WaitToProduceAsync_WithRoom_CompletesAtOnce()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create(maxInFlightBytes: 128);
        Assert.True(producer.TryProduce("k", Value(64), out _));

        Assert.True(producer.WaitToProduceAsync() is { IsCompletedSuccessfully: true, Result: true });
    }

    [Fact]
    public void WaitToProduceAsync_AfterARefusal_WaitsUntilThatRecordFits()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create(maxInFlightBytes: 128);
        Assert.True(producer.TryProduce("k", Value(64), out _));
        Assert.False(producer.TryProduce("k", Value(96), out _));

        // There is room, but not for that one: who waits and tries in turn must not spin.
        ValueTask<bool> waiting = producer.WaitToProduceAsync();
        Assert.False(waiting.IsCompleted);
        Assert.True(topic.Run(waiting));
        Assert.True(producer.TryProduce("k", Value(96), out _));
    }

    [Fact]
    public void WaitToProduceAsync_Many_AreAllWoken()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create(maxInFlightBytes: 128);
        Assert.True(producer.TryProduce("k", Value(128), out _));
        Assert.False(producer.TryProduce("k", Value(64), out _));

        Task[] waiting = [.. Enumerable.Range(0, 10).Select(_ => producer.WaitToProduceAsync().AsTask())];
        topic.Machine.Run(() => Task.WhenAll(waiting));
        Assert.True(producer.TryProduce("k", Value(64), out _));
    }

    [Fact]
    public void ProduceAsync_BeyondTheBound_WaitInLineAndKeepTheirOrder()
    {
        using ProducerFixture topic = new(partitions: 3);
        Producer<string, string> producer = topic.Create(maxInFlightBytes: 200);
        Task<RecordMetadata>[] sent =
        [
            .. Enumerable.Range(0, 100)
                .Select(i => new ProducerRecord<string, string>("k", $"{i:000}" + Value(i % 7 * 24))
                {
                    Partition = i % 3,
                })
                .Select(record => producer.ProduceAsync(record).AsTask()),
        ];
        Assert.InRange(topic.Count, 1, 5);

        topic.Machine.Run(() => Task.WhenAll(sent));
        for (int partition = 0; partition < 3; partition++)
        {
            string[] values = [.. topic.Read(partition).Select(record => record.ValueText![..3])];
            Assert.Equal(values.Order(StringComparer.Ordinal), values);
        }

        Assert.Equal(100, topic.Count);
        Assert.Equal(0, producer.InFlightBytes);
    }

    [Fact]
    public void ProduceAsync_ALargeOneInLine_IsNotOvertaken()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create(maxInFlightBytes: 128);
        Assert.True(producer.TryProduce("k", Value(64), out _));
        ValueTask<RecordMetadata> large = producer.ProduceAsync("k", Value(128));

        // They would fit, but would starve it, and break the order of one sender's records.
        Assert.False(producer.TryProduce("k", Value(32), out _));
        ValueTask<RecordMetadata> small = producer.ProduceAsync("k", Value(32));
        Assert.Equal(1, topic.Count);

        Assert.Equal(2, topic.Run(small).Offset);
        Assert.Equal(1, topic.Run(large).Offset);
    }

    [Fact]
    public void ProduceAsync_ThatWaitsForRoom_HasReadItsRecordBefore()
    {
        using ProducerFixture topic = new();
        Producer<byte[], byte[]> producer = topic.Create(Serdes.Bytes, Serdes.Bytes, maxInFlightBytes: 100);
        Assert.True(producer.TryProduce([0], new byte[60], out _));
        byte[] value = new byte[60];
        value[0] = 7;
        Headers headers = new() { { "h", "1" } };

        ValueTask<RecordMetadata> sent = producer.ProduceAsync(
            new ProducerRecord<byte[], byte[]>([1], value) { Headers = headers });
        Assert.Equal(1, topic.Count);
        value[0] = 8;
        headers.Remove("h");

        topic.Run(sent);
        Assert.Equal(7, topic.Read()[1].Value![0]);
        Assert.Equal([new Header("h", "1")], topic.Read()[1].Headers);
    }

    [Fact]
    public void FlushAsync_RecordsWaitForRoom_IncludesThem()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create(maxInFlightBytes: 100);
        for (int i = 0; i < 10; i++)
        {
            _ = producer.ProduceAsync("k", Value(96));
        }

        Assert.Equal(1, topic.Count);
        topic.Run(producer.FlushAsync());
        Assert.Equal(10, topic.Partitions[0].DurableOffset);
    }

    [Fact]
    public void ProduceAsync_AFullDiskInLine_FailsThoseAndGoesOnWhenThereIsSpace()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create(maxInFlightBytes: 100_000);
        topic.Machine.Disk.CapacityBytes = topic.Machine.Disk.UsedBytes;
        Task<RecordMetadata>[] sent =
            [.. Enumerable.Range(0, 20).Select(_ => producer.ProduceAsync("k", Value(50_000)).AsTask())];
        topic.Settle();
        Assert.Contains(sent, task => task.Exception?.InnerException is DiskFullException);
        Assert.All(sent, task => Assert.True(task.IsCompleted));
        Assert.Equal(0, producer.InFlightBytes);

        topic.Machine.Disk.CapacityBytes = long.MaxValue;
        topic.Run(producer.ProduceAsync("k", Value(50_000)));
    }

    /// <summary>A value with which a record takes so many bytes in the log.</summary>
    private static string Value(int frameBytes) => new('v', Math.Max(0, frameBytes - Overhead));
}

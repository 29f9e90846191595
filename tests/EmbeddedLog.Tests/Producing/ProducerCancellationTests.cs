namespace EmbeddedLog.Tests.Producing;

/// <summary>Before the append, nothing is appended; after it, only the waiting ends.</summary>
public sealed class ProducerCancellationTests
{
    [Fact]
    public void Produce_CancelledBefore_AppendsNothing()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create();
        CancellationToken cancelled = new(canceled: true);

        ValueTask<RecordMetadata> sent = producer.ProduceAsync("k", "v", cancelled);
        Assert.True(sent.IsCanceled);
        Assert.True(producer.DeleteAsync("k", cancelled).IsCanceled);
        Assert.True(producer.WaitToProduceAsync(cancelled).IsCanceled);
        Assert.True(producer.ProduceBatchAsync([("k", "v")], cancelled).IsCanceled);
        Assert.True(producer.FlushAsync(cancelled).IsCanceled);

        topic.Settle();
        Assert.Equal(0, topic.Count);
    }

    [Fact]
    public void ProduceAsync_CancelledWhileItWaitsForTheFlush_StopsWaitingAndTheRecordStays()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create();
        using CancellationTokenSource source = new();

        ValueTask<RecordMetadata> sent = producer.ProduceAsync("k", "v", source.Token);
        source.Cancel();

        var failure = Assert.ThrowsAny<OperationCanceledException>(() => topic.Run(sent));
        Assert.Equal(source.Token, failure.CancellationToken);
        topic.Settle();
        Assert.Equal("v", Assert.Single(topic.Read()).ValueText);
        Assert.Equal(1, topic.Partitions[0].DurableOffset);
        Assert.Equal(0, producer.InFlightBytes);
    }

    [Fact]
    public void ProduceAsync_CancelledWhileItWaitsForRoom_IsNeverAppended()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create(maxInFlightBytes: 200);
        using CancellationTokenSource source = new();

        Task<RecordMetadata> first = producer.ProduceAsync("k", new string('1', 150)).AsTask();
        Task<RecordMetadata> second = producer.ProduceAsync("k", new string('2', 150), source.Token).AsTask();
        Task<RecordMetadata> third = producer.ProduceAsync("k", "3").AsTask();
        Assert.Equal(1, topic.Count);
        source.Cancel();

        Assert.ThrowsAny<OperationCanceledException>(() => topic.Machine.Run(() => second));
        topic.Machine.Run(() => Task.WhenAll(first, third));
        Assert.Equal(['1', '3'], topic.Read().Select(record => record.ValueText![0]));
        Assert.Equal(0, producer.InFlightBytes);
    }

    [Fact]
    public void ProduceAsync_CancelledAtTheHeadOfTheQueue_LetsThoseBehindInWithoutAFlush()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create(maxInFlightBytes: 400);
        using CancellationTokenSource source = new();
        Assert.True(producer.TryProduce("k", "0", out _));
        ValueTask<RecordMetadata> large = producer.ProduceAsync("k", new string('1', 390), source.Token);
        ValueTask<RecordMetadata> small = producer.ProduceAsync("k", "2");

        // All of this happens in the middle of the flush that would bring room.
        (long Before, long After) count = default;
        topic.Machine.Disk.YieldPoint = () =>
        {
            if (count == default)
            {
                topic.Settle();
                count.Before = topic.Count;
                source.Cancel();
                topic.Settle();
                count.After = topic.Count;
            }
        };

        Assert.Equal(1, topic.Run(small).Offset);
        Assert.Equal((1, 2), count);
        Assert.True(large.IsCanceled);
    }

    [Fact]
    public void ProduceAsync_CancelledAfterItCompleted_ChangesNothing()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create();
        using CancellationTokenSource source = new();

        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(2 * i, topic.Run(producer.ProduceAsync("k", "v", source.Token)).Offset);
            Assert.Equal((2 * i) + 1, topic.Run(producer.ProduceAsync("k", "v", CancellationToken.None)).Offset);
        }

        ValueTask<RecordMetadata> sent = producer.ProduceAsync("k", "v", CancellationToken.None);
        source.Cancel();
        Assert.Equal(20, topic.Run(sent).Offset);
    }

    [Fact]
    public void WaitToProduceAsync_Cancelled_StopsWaiting()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create(maxInFlightBytes: 100);
        using CancellationTokenSource source = new();
        Assert.True(producer.TryProduce("k", new string('v', 60), out _));
        Assert.False(producer.TryProduce("k", new string('v', 60), out _));

        ValueTask<bool> waiting = producer.WaitToProduceAsync(source.Token);
        source.Cancel();

        Assert.ThrowsAny<OperationCanceledException>(() => topic.Run(waiting));
        topic.Settle();
        Assert.True(producer.TryProduce("k", new string('v', 60), out _));
    }

    [Fact]
    public void ProduceBatchAsync_CancelledWhileItWaitsForRoom_IsNeverAppended()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create(maxInFlightBytes: 200);
        using CancellationTokenSource source = new();
        Assert.True(producer.TryProduce("k", new string('v', 150), out _));

        ValueTask<IReadOnlyList<RecordMetadata>> batch =
            producer.ProduceBatchAsync([("k", new string('v', 100))], source.Token);
        source.Cancel();

        Assert.ThrowsAny<OperationCanceledException>(() => topic.Run(batch));
        topic.Settle();
        Assert.Equal(1, topic.Count);
        Assert.Equal(0, producer.InFlightBytes);
    }

    [Fact]
    public void FlushAsync_Cancelled_EndsTheWaitingOnly()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create();
        using CancellationTokenSource source = new();
        producer.TryProduce("k", "v", out _);

        ValueTask flush = producer.FlushAsync(source.Token);
        source.Cancel();

        Assert.ThrowsAny<OperationCanceledException>(() => topic.Run(flush));
        topic.Settle();
        Assert.Equal(1, topic.Partitions[0].DurableOffset);
    }
}

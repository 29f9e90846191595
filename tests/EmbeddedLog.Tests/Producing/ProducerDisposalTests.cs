namespace EmbeddedLog.Tests.Producing;

/// <summary>What is in flight when a producer is disposed, and what follows.</summary>
public sealed class ProducerDisposalTests
{
    [Fact]
    public void DisposeAsync_Flushed_WaitsForEverythingSent()
    {
        using ProducerFixture topic = new(partitions: 2);
        Producer<string, string> producer = topic.Create(maxInFlightBytes: 100);
        for (int i = 0; i < 20; i++)
        {
            // Some of them still wait for room.
            _ = producer.ProduceAsync(new ProducerRecord<string, string>("k", "v") { Partition = i % 2 });
        }

        topic.Run(producer.DisposeAsync());

        Assert.Equal((10, 10), (topic.Partitions[0].DurableOffset, topic.Partitions[1].DurableOffset));
    }

    [Fact]
    public void DisposeAsync_Written_DoesNotWait()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create(Durability.Written);
        producer.TryProduce("k", "v", out _);

        Assert.True(producer.DisposeAsync().IsCompletedSuccessfully);
        Assert.Equal(0, topic.Partitions[0].DurableOffset);
    }

    [Fact]
    public void AnyCall_AfterDisposal_Throws()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create();
        producer.Dispose();

        Assert.Throws<ObjectDisposedException>(() => producer.TryProduce("k", "v", out _));
        Assert.Throws<ObjectDisposedException>(() => topic.Run(producer.ProduceAsync("k", "v")));
        Assert.Throws<ObjectDisposedException>(() => topic.Run(producer.ProduceBatchAsync([("k", "v")])));
        Assert.Throws<ObjectDisposedException>(() => topic.Run(producer.DeleteAsync("k")));
        Assert.Throws<ObjectDisposedException>(() => topic.Run(producer.FlushAsync()));
        Assert.False(topic.Run(producer.WaitToProduceAsync()));
        producer.Dispose();
        Assert.True(producer.DisposeAsync().IsCompletedSuccessfully);
        Assert.Equal(0, topic.Count);
    }

    [Fact]
    public void DisposeAsync_OtherProducersExist_LeavesThemAndTheLogAlone()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create();
        Producer<string, string> other = topic.Create();

        topic.Run(producer.DisposeAsync());

        topic.Run(other.ProduceAsync("k", "v"));
        Assert.Equal(1, topic.Count);
    }

    [Fact]
    public void WaitToProduceAsync_DisposedMeanwhile_IsFalse()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create(maxInFlightBytes: 64);
        producer.TryProduce("k", new string('v', 38), out _);
        Assert.False(producer.TryProduce("k", "v", out _));

        ValueTask<bool> waiting = producer.WaitToProduceAsync();
        topic.Run(producer.DisposeAsync());

        Assert.False(topic.Run(waiting));
        Assert.Throws<ObjectDisposedException>(() => producer.TryProduce("k", "v", out _));
    }
}

namespace EmbeddedLog.Testing.Tests.Fakes;

public sealed class FakeProducerTests
{
    [Fact]
    public async Task ProduceAsync_Records_AreKeptWithTheirOffsets()
    {
        FakeProducer<string, int> producer = new("orders");

        RecordMetadata first = await producer.ProduceAsync(("a", 1));
        IReadOnlyList<RecordMetadata> more = await producer.ProduceBatchAsync([("a", 2), ("b", 3)]);
        Assert.True(producer.TryProduce(("c", 4)));
        await producer.DeleteAsync("a");
        await producer.FlushAsync();

        Assert.Equal("orders-0@0", first.ToString());
        Assert.Equal([1L, 2L], more.Select(each => each.Offset));
        Assert.Equal([1, 2, 3, 4, 0], producer.Sent.Select(record => record.Value));
        Assert.True(producer.Sent[^1].IsTombstone);
        Assert.Equal(1, producer.Flushes);
    }

    [Fact]
    public async Task FailNext_AFailure_FailsOneSendAndKeepsNothing()
    {
        FakeProducer<string, int> producer = new();
        producer.FailNext(new TimeoutException());
        producer.FailNext(new TimeoutException());

        await Assert.ThrowsAsync<TimeoutException>(async () => await producer.ProduceAsync(("a", 1)));
        Assert.False(producer.TryProduce(("a", 1)));
        await producer.ProduceAsync(("a", 2));

        Assert.Equal(2, Assert.Single(producer.Sent).Value);
        producer.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await producer.ProduceAsync(("a", 3)));
        Assert.False(await producer.WaitToProduceAsync());
    }
}

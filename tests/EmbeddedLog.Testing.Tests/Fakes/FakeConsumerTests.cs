namespace EmbeddedLog.Testing.Tests.Fakes;

public sealed class FakeConsumerTests
{
    [Fact]
    public async Task ReadAllAsync_AddedRecords_HandsThemOutAndFinishesThem()
    {
        FakeConsumer<string, int> consumer = new();
        Record<string, int> first = consumer.Add("a", 1);
        Record<string, int> second = consumer.Add("b", 2);
        consumer.Complete();

        List<int> read = [];
        await foreach (Record<string, int> record in consumer.ReadAllAsync())
        {
            Assert.DoesNotContain(record, consumer.Finished);
            read.Add(record.Value);
        }

        Assert.Equal([1, 2], read);
        Assert.Equal([first, second], consumer.Finished);
        Assert.Empty(consumer.Committed);
        Assert.True((await consumer.GetLagAsync()).IsZero);
    }

    [Fact]
    public async Task CommitAsync_ARecord_IsKeptAsTheNextOffset()
    {
        FakeConsumer<string, int> consumer = new("billing");
        consumer.Add("a", 1);
        Record<string, int> second = consumer.Add("a", 2);

        await consumer.CommitAsync(second);

        Assert.Equal(2, consumer.Committed[second.TopicPartition]);
        Assert.Equal(2, (await consumer.GetCommittedAsync(second.TopicPartition))!.Value.Next.Offset);
        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await new FakeConsumer<string, int>(group: null).CommitAsync(second));
    }

    [Fact]
    public async Task ForEachAsync_AHandlerThatThrows_EndsBehindWhatIsCommitted()
    {
        FakeConsumer<string, int> consumer = new();
        Record<string, int> first = consumer.Add("a", 1);
        consumer.Add("a", 2);

        await Assert.ThrowsAsync<InvalidDataException>(() => consumer.ForEachAsync((record, _) =>
            record.Value == 2 ? throw new InvalidDataException() : default));

        Assert.Equal([first], consumer.Finished);
        Assert.Equal(1, consumer.Committed[first.TopicPartition]);
    }

    [Fact]
    public async Task ReadAllAsync_NothingThere_WaitsUntilThereIsOrItIsEnded()
    {
        FakeConsumer<string, int> consumer = new();
        await using IAsyncEnumerator<Record<string, int>> read = consumer.ReadAllAsync().GetAsyncEnumerator();

        ValueTask<bool> next = read.MoveNextAsync();
        Assert.False(next.IsCompleted);
        consumer.Add("a", 1);
        Assert.True(await next);
        next = read.MoveNextAsync();
        consumer.FailNext(new TimeoutException());
        await Assert.ThrowsAsync<TimeoutException>(async () => await next);

        await using IAsyncEnumerator<Record<string, int>> again = consumer.ReadAllAsync().GetAsyncEnumerator();
        next = again.MoveNextAsync();
        consumer.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await next);
    }

    [Fact]
    public async Task ReadBatchesAsync_AddedRecords_HandsOutAsManyAsMayBe()
    {
        FakeConsumer<string, int> consumer = new();
        for (int i = 0; i < 5; i++)
        {
            consumer.Add("a", i);
        }

        consumer.Complete();
        List<int> sizes = [];
        await foreach (IReadOnlyList<Record<string, int>> batch in consumer.ReadBatchesAsync(2))
        {
            sizes.Add(batch.Count);
        }

        Assert.Equal([2, 2, 1], sizes);
        Assert.Equal(5, consumer.Finished.Count);
    }
}

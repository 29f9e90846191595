namespace EmbeddedLog.Tests;

/// <summary>What every <see cref="ICommitLog"/> promises, reading included.</summary>
public abstract class CommitLogContractTests : LogReaderContractTests
{
    [Fact]
    public async Task CreateTopicAsync_DescribesTheTopic_AndASecondOneIsAConflict()
    {
        TopicDescription topic = await Owner.CreateTopicAsync("t", new TopicOptions { Partitions = 3 });

        Assert.Equal(("t", 3, 3), (topic.Name, topic.Options.Partitions, topic.Partitions.Count));
        var conflict = await Assert.ThrowsAsync<TopicConflictException>(async () => await Owner.CreateTopicAsync("t"));
        Assert.Equal("t", conflict.Topic);
    }

    [Fact]
    public async Task EnsureTopicAsync_MakesAndThenChangesIt()
    {
        await Owner.EnsureTopicAsync("t");
        await ProduceAsync("t", partition: 0, count: 1);

        TopicDescription changed = await Owner.EnsureTopicAsync(
            "t", new TopicOptions { Retention = new RetentionPolicy { MaxAge = TimeSpan.FromDays(1) } });
        TopicDescription left = await Owner.EnsureTopicAsync("t");

        Assert.Equal(TimeSpan.FromDays(1), changed.Options.Retention.MaxAge);
        Assert.Equal(TimeSpan.FromDays(1), left.Options.Retention.MaxAge);
        Assert.Equal(1, left.Partitions[0].EndOffset);
    }

    [Fact]
    public async Task ChangingTopics_WithBadInput_FailsTheTask()
    {
        await Owner.CreateTopicAsync("t");

        await ThrowsAsync<ArgumentException>(Owner.CreateTopicAsync("a/b").AsTask());
        await ThrowsAsync<ArgumentException>(Owner.EnsureTopicAsync("..").AsTask());
        await ThrowsAsync<ArgumentException>(
            Owner.CreateTopicAsync("u", new TopicOptions { Partitions = 0 }).AsTask());
        await ThrowsAsync<TopicConflictException>(
            Owner.EnsureTopicAsync("t", new TopicOptions { Partitions = 7 }).AsTask());
        await ThrowsAsync<UnknownTopicException>(Owner.DeleteTopicAsync("none").AsTask());
        Assert.Single(await Owner.ListTopicsAsync());
    }

    [Fact]
    public async Task DeleteTopicAsync_UsersOfTheTopic_AreToldSo()
    {
        await Owner.CreateTopicAsync("t");
        await using IProducer<string, int> producer = Owner.CreateProducer<string, int>("t");

        await Owner.DeleteTopicAsync("t");

        await Assert.ThrowsAsync<UnknownTopicException>(async () => await producer.ProduceAsync("k", 1));
        await Assert.ThrowsAsync<UnknownTopicException>(async () => await Owner.DescribeTopicAsync("t"));
    }

    [Fact]
    public async Task Producer_SendsInEveryWay_AndAConsumerReadsItAll()
    {
        await Owner.CreateTopicAsync("t");
        await using IProducer<string, string> producer = Owner.CreateProducer<string, string>("t");

        Assert.Equal("t", producer.Topic);
        Assert.Equal(0, (await producer.ProduceAsync(new("a", "1"))).Offset);
        IReadOnlyList<RecordMetadata> batch = await producer.ProduceBatchAsync([("b", "2"), ("c", "3")]);
        Assert.Equal([1, 2], batch.Select(sent => sent.Offset));
        Assert.True(await producer.WaitToProduceAsync());
        Assert.True(producer.TryProduce(("d", "4")));
        Assert.Equal(4, (await producer.DeleteAsync("a")).Offset);
        await producer.FlushAsync();

        await using IConsumer<string, string?> consumer = Owner.CreateConsumer<string, string?>("t");
        List<(string, string?)> read = [];
        await foreach (Record<string, string?> record in consumer.ReadToEndAsync())
        {
            read.Add((record.Key, record.Value));
        }

        Assert.Equal([("a", "1"), ("b", "2"), ("c", "3"), ("d", "4"), ("a", null)], read);
    }

    [Fact]
    public async Task Producer_LoopOfTriesAndWaits_EndsWithTheProducer()
    {
        await Owner.CreateTopicAsync("t");
        IProducer<string, string> producer = Owner.CreateProducer<string, string>("t");
        await producer.DisposeAsync();

        Assert.False(await producer.WaitToProduceAsync());
        Assert.Throws<ObjectDisposedException>(() => producer.TryProduce(("k", "v")));
        Assert.True(producer.WaitToProduceAsync(new CancellationToken(canceled: true)).IsCanceled);
    }

    [Fact]
    public async Task Group_GoesOnWhereItCommitted()
    {
        await Owner.CreateTopicAsync("t");
        await ProduceAsync("t", partition: 0, count: 3);
        await using (IConsumer<string, int> first = Owner.CreateConsumer<string, int>("t", group: "g"))
        {
            await foreach (Record<string, int> record in first.ReadAllAsync())
            {
                await first.CommitAsync(record);
                break;
            }
        }

        await using IConsumer<string, int> second = Owner.CreateConsumer<string, int>("t", group: "g");
        List<int> read = [];
        await foreach (Record<string, int> record in second.ReadToEndAsync())
        {
            read.Add(record.Value);
        }

        Assert.Equal([1, 2], read);
    }

    [Fact]
    public async Task Producer_DisposedAfterItsLog_DoesNothing()
    {
        await Owner.CreateTopicAsync("t");
        IProducer<string, int> one = Owner.CreateProducer<string, int>("t");
        IProducer<string, int> other = Owner.CreateProducer<string, int>("t");
        Assert.True(one.TryProduce(("k", 1)));

        await Owner.DisposeAsync();

        Assert.False(await one.WaitToProduceAsync());
        await one.DisposeAsync();
        other.Dispose();
        await one.DisposeAsync();
    }

    private static async Task ThrowsAsync<T>(Task task)
        where T : Exception
    {
        await Task.WhenAny(task);
        Assert.IsType<T>(task.Exception?.InnerException, exactMatch: false);
    }
}

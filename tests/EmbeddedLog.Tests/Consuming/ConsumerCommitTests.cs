using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Consuming;

/// <summary>What is finished, and what is committed of it.</summary>
public sealed class ConsumerCommitTests : IDisposable
{
    private static readonly TopicPartition s_first = new(TopicFixture.Topic, 0);

    private readonly SimulatedPlatform _simulation = new(seed: 1);

    [Fact]
    public void CommitAsync_All_CommitsWhatWasFinishedByAskingForTheNext() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(5);
        await using Consumer<string, string> consumer = topic.Consume();

        await consumer.CommitFinishedAsync();
        Assert.Null(topic.Committed());

        await consumer.TakeAsync(3);
        await consumer.CommitFinishedAsync();
        Assert.Equal(2, topic.Committed());

        await consumer.TakeAsync(2);
        await consumer.CommitFinishedAsync();
        Assert.Equal(3, topic.Committed());

        await consumer.TakeToEndAsync();
        await consumer.CommitFinishedAsync();
        Assert.Equal(5, topic.Committed());
    });

    [Fact]
    public void Handler_Throws_FinishesNothing() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(3);
        await using Consumer<string, string> consumer = topic.Consume();
        await Assert.ThrowsAsync<FormatException>(async () =>
        {
            await foreach (Record<string, string> record in consumer.ReadAllAsync())
            {
                throw new FormatException();
            }
        });

        await consumer.CommitFinishedAsync();
        Assert.Null(topic.Committed());

        // Whoever reads on gets it again.
        Assert.Equal(["0"], (await consumer.TakeAsync(1)).Values());
        await consumer.CommitFinishedAsync();
        Assert.Null(topic.Committed());
    });

    [Fact]
    public void Seek_ToARecordInHand_HandsItOutAgainAndDoesNotFinishIt() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(3);
        await using Consumer<string, string> consumer = topic.Consume();
        List<string> seen = [];
        await foreach (Record<string, string> record in consumer.ReadAllAsync())
        {
            seen.Add(record.Value);
            if (seen.Count == 2)
            {
                consumer.Seek(record.TopicPartitionOffset);
            }
            else if (seen.Count == 3)
            {
                break;
            }
        }

        Assert.Equal(["0", "1", "1"], seen);
        await consumer.CommitFinishedAsync();
        Assert.Equal(1, topic.Committed());
    });

    [Fact]
    public void Seek_BackOrAhead_IsWhatTheNextCommitCommits() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(10);
        await using Consumer<string, string> consumer = topic.Consume();
        await consumer.TakeToEndAsync();
        consumer.Seek(new TopicPartitionOffset(TopicFixture.Topic, 0, 4));
        await consumer.CommitFinishedAsync();
        Assert.Equal(4, topic.Committed());

        await consumer.TakeAsync(2);
        consumer.Seek(new TopicPartitionOffset(TopicFixture.Topic, 0, 9));
        await consumer.CommitFinishedAsync();
        Assert.Equal(9, topic.Committed());
    });

    [Theory]
    [InlineData("next")]
    [InlineData("end")]
    [InlineData("time")]
    [InlineData("beyond")]
    public void CommitAsync_RecordsWerePassedOver_CommitsThatTheyAreFinished(string how) => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        DateTimeOffset now = _simulation.Time.GetUtcNow();
        for (int i = 0; i < 10; i++)
        {
            topic.Append(i, timestamp: now.AddSeconds(i).ToUnixTimeMilliseconds());
        }

        await using (Consumer<string, string> consumer = topic.Consume())
        {
            await consumer.TakeAsync(3);
            switch (how)
            {
                case "next":
                    consumer.Seek(new TopicPartitionOffset(TopicFixture.Topic, 0, 10));
                    break;
                case "end":
                    consumer.SeekTo(SeekTarget.End);
                    break;
                case "time":
                    consumer.SeekTo(SeekTarget.At(now.AddSeconds(10)));
                    break;
                default:
                    consumer.Seek(new TopicPartitionOffset(TopicFixture.Topic, 0, 12));
                    break;
            }

            await consumer.CommitFinishedAsync();
            Assert.Equal(10, topic.Committed());
        }

        topic.Append(10);
        await using Consumer<string, string> next = topic.Consume();
        Assert.Equal(["10"], (await next.TakeToEndAsync()).Values());
        next.SeekTo(SeekTarget.Beginning);
        await next.CommitFinishedAsync();
        Assert.Equal(0, topic.Committed());
    });

    [Fact]
    public void CommitAsync_ARecord_IsWhereTheNextConsumerBegins() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation, partitions: 2);
        topic.AppendNumbers(4, partition: 0);
        topic.AppendNumbers(4, partition: 1);
        await using (Consumer<string, string> consumer = topic.Consume())
        {
            List<Record<string, string>> records = await consumer.TakeAsync(7);
            await consumer.CommitAsync(records[2]);
            await consumer.CommitAsync(records[4]);
        }

        await using Consumer<string, string> next = topic.Consume();
        Assert.Equal(3, next.Position(s_first));
        Assert.Equal(["0:3", "1:1", "1:2", "1:3"], (await next.TakeToEndAsync()).Places());
    });

    [Fact]
    public void CommitAsync_ARecord_FinishesItWithAllBeforeIt() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(5);
        await using Consumer<string, string> consumer = topic.Consume();
        List<Record<string, string>> records = await consumer.TakeAsync(3);
        await consumer.CommitAsync(records[2]);
        long end = topic.Offsets.Log.PublishedEnd;

        await consumer.CommitFinishedAsync();
        Assert.Equal(end, topic.Offsets.Log.PublishedEnd);
        Assert.Equal(3, topic.Committed());

        await consumer.TakeAsync(1);
        await consumer.CommitFinishedAsync();
        Assert.Equal(end, topic.Offsets.Log.PublishedEnd);
    });

    [Fact]
    public void CommitAsync_LowerThanBefore_StaysUntilMoreIsFinished() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(5);
        await using Consumer<string, string> consumer = topic.Consume();
        await consumer.TakeAsync(4);
        await consumer.CommitAsync(new NextOffset(new(TopicFixture.Topic, 0), 1));
        await consumer.CommitFinishedAsync();
        Assert.Equal(1, topic.Committed());

        await consumer.TakeAsync(2);
        await consumer.CommitFinishedAsync();
        Assert.Equal(4, topic.Committed());
    });

    [Fact]
    public void CommitAsync_WithMetadata_IsFoundByTheNextConsumer() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(5);
        await using (Consumer<string, string> consumer = topic.Consume())
        {
            await consumer.CommitAsync(new NextOffset(new(TopicFixture.Topic, 0), 5), "totals: 5");
        }

        await using Consumer<string, string> next = topic.Consume();
        Assert.Equal(
            new CommittedOffset(new NextOffset(s_first, 5), "totals: 5", _simulation.Time.GetUtcNow()),
            await next.GetCommittedAsync(s_first));
    });

    [Fact]
    public void CommitAsync_Batches_FinishAsAWhole() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(6);
        await using Consumer<string, string> consumer = topic.Consume();
        IAsyncEnumerator<IReadOnlyList<Record<string, string>>> batches =
            consumer.ReadBatchesAsync(3).GetAsyncEnumerator();
        await batches.MoveNextAsync();
        await consumer.CommitFinishedAsync();
        Assert.Null(topic.Committed());

        await batches.MoveNextAsync();
        await consumer.CommitFinishedAsync();
        Assert.Equal(3, topic.Committed());

        await batches.DisposeAsync();
        await consumer.CommitFinishedAsync();
        Assert.Equal(3, topic.Committed());
    });

    [Fact]
    public void CommitAsync_SeveralPartitions_CommitsEachOnce() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation, partitions: 3);
        for (int partition = 0; partition < 3; partition++)
        {
            topic.AppendNumbers(2, partition);
        }

        await using Consumer<string, string> consumer = topic.Consume();
        await consumer.TakeToEndAsync();
        await consumer.CommitFinishedAsync();

        Assert.All(Enumerable.Range(0, 3), partition => Assert.Equal(2, topic.Committed(partition)));
        Assert.Equal(3, topic.Offsets.Log.PublishedEnd);
    });

    [Theory]
    [InlineData(Durability.Written, 0)]
    [InlineData(Durability.Flushed, 1)]
    public void CommitAsync_AtALevel_IsAsDurableAsThat(Durability durability, long durable) =>
        _simulation.Run(async () =>
        {
            TopicFixture topic = TopicFixture.On(_simulation);
            topic.AppendNumbers(5);
            await using Consumer<string, string> consumer = topic.Consume(
                options: new ConsumerOptions { CommitDurability = durability });

            await consumer.CommitAsync(new NextOffset(new(TopicFixture.Topic, 0), 5));

            Assert.Equal(durable, topic.Offsets.Log.DurableEnd);
        });

    [Fact]
    public void CommitAsync_CancelledWhileItWaitsForTheFlush_StaysCommitted() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(5);
        await using Consumer<string, string> consumer = topic.Consume(
            options: new ConsumerOptions { CommitDurability = Durability.Flushed });
        List<Record<string, string>> read = await consumer.TakeToEndAsync();
        using CancellationTokenSource source = new();

        Task committing = consumer.CommitAsync(read[2], source.Token).AsTask();
        Assert.False(committing.IsCompleted);
        Cancel(source);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => committing);
        Assert.Equal(3, topic.Committed());
        await consumer.CommitAsync(read[3], CancellationToken.None);
        Assert.Equal((4, 2), (topic.Committed(), topic.Offsets.Log.DurableEnd));
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void CommitAsync_AtFlushed_FinishesTheRecordOnceItHasSucceeded(bool cancel) => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(5);
        await using Consumer<string, string> consumer = topic.Consume(
            options: new ConsumerOptions { CommitDurability = Durability.Flushed });
        List<Record<string, string>> read = await consumer.TakeAsync(3);
        using CancellationTokenSource source = new();
        Task committing = consumer.CommitAsync(read[2], source.Token).AsTask();
        if (cancel)
        {
            Cancel(source);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => committing);
        }
        else
        {
            await committing;
        }

        Assert.Equal(cancel ? "2" : "3", (await consumer.TakeAsync(1)).Values()[0]);
    });

    [Fact]
    public void CommitAsync_TokenIsCancelled_CommitsNothing() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(5);
        await using Consumer<string, string> consumer = topic.Consume();
        List<Record<string, string>> read = await consumer.TakeToEndAsync();
        CancellationToken cancelled = new(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await consumer.CommitFinishedAsync(cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await consumer.CommitAsync(read[0], cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await consumer.CommitAsync(new NextOffset(s_first, 1), null, cancelled));
        Assert.Null(topic.Committed());
    });

    [Fact]
    public void CommitAsync_WithoutAGroup_IsRefused() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(2);
        await using Consumer<string, string> consumer = topic.Consume(group: null);
        List<Record<string, string>> read = await consumer.TakeAsync(1);

        Assert.Contains(
            "CreateConsumer(topic, group)",
            (await Assert.ThrowsAsync<InvalidOperationException>(
                async () => await consumer.CommitFinishedAsync())).Message,
            StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await consumer.CommitAsync(read[0]));
        Assert.Null(consumer.Committed(s_first));
        Assert.Null(consumer.Group);
    });

    [Fact]
    public void CommitAsync_WhatCannotBeCommitted_IsRefusedAndChangesNothing() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(2);
        await using Consumer<string, string> consumer = topic.Consume();

        Task Commit(string name, int partition, long offset, string? metadata = null) =>
            consumer.CommitAsync(new NextOffset(new(name, partition), offset), metadata).AsTask();

        await Assert.ThrowsAsync<ArgumentException>(() => Commit("other", 0, 1));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Commit(TopicFixture.Topic, 1, 1));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Commit(TopicFixture.Topic, -1, 1));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Commit(TopicFixture.Topic, 0, -1));
        ArgumentOutOfRangeException beyond =
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Commit(TopicFixture.Topic, 0, 3));
        Assert.Contains("the next record to be appended gets 2", beyond.Message, StringComparison.Ordinal);
        ArgumentException tooLong =
            await Assert.ThrowsAsync<ArgumentException>(() => Commit(TopicFixture.Topic, 0, 1, new string('x', 4097)));
        Assert.Contains("4,097 bytes", tooLong.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => Commit(TopicFixture.Topic, 0, 1, "\uD800"));
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await consumer.CommitAsync(default(Record<string, string>)));

        Assert.Null(topic.Committed());
        await Commit(TopicFixture.Topic, 0, 2, new string('x', 4096));
        Assert.Equal(2, topic.Committed());
    });

    [Fact]
    public void CommitAsync_DiskIsFull_SaysSoAndMaySucceedLater() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(5);
        await using Consumer<string, string> consumer = topic.Consume();
        await consumer.TakeToEndAsync();
        _simulation.Disk.CapacityBytes = _simulation.Disk.UsedBytes;

        await Assert.ThrowsAsync<DiskFullException>(async () => await consumer.CommitFinishedAsync());
        Assert.Null(topic.Committed());

        _simulation.Disk.CapacityBytes = long.MaxValue;
        await consumer.CommitFinishedAsync();
        Assert.Equal(5, topic.Committed());
    });

    public void Dispose() => _simulation.Dispose();

    /// <summary>On this thread: what the asynchronous one does on the thread pool, no simulation sees.</summary>
    private static void Cancel(CancellationTokenSource source) => source.Cancel();
}

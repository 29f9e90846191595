using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Consuming;

/// <summary>What is finished, and what is handed out again because it is not.</summary>
public sealed class ConsumerFinishTests : IDisposable
{
    private static readonly TopicPartition s_first = new(TopicFixture.Topic, 0);

    private readonly SimulatedPlatform _simulation = new(seed: 1);

    [Fact]
    public void Read_LeftWithARecordInHand_TheOthersHaveTheirTurnFirst() => _simulation.Run(async () =>
    {
        TopicFixture topic = Topic(partitions: 3, records: 2);
        await using Consumer<string, string> consumer = topic.Consume();
        await consumer.TakeAsync(1);

        Assert.Equal(["1:0", "1:1", "2:0", "2:1", "0:0", "0:1"], (await consumer.TakeToEndAsync()).Places());
    });

    [Fact]
    public void Read_LeftAgainAndAgain_EachPartitionKeepsItsOwn() => _simulation.Run(async () =>
    {
        TopicFixture topic = Topic(partitions: 2, records: 3);
        await using Consumer<string, string> consumer = topic.Consume();
        List<string> places = [];
        for (int i = 0; i < 6; i++)
        {
            places.AddRange((await consumer.TakeAsync(1)).Places());
        }

        Assert.Equal(["0:0", "1:0", "0:0", "1:0", "0:0", "1:0"], places);
    });

    [Fact]
    public void Read_LeftWithABatchInHand_ItComesAgainAsAWhole() => _simulation.Run(async () =>
    {
        TopicFixture topic = Topic(partitions: 1, records: 10);
        await using Consumer<string, string> consumer = topic.Consume();
        IReadOnlyList<Record<string, string>> first = await TakeBatchAsync(consumer, 4);
        Assert.Equal(0, consumer.Position(s_first));

        // Also where a later read takes it in other pieces, and leaves those.
        Assert.Equal(["0:0", "0:1"], (await consumer.TakeAsync(2)).Places());
        IReadOnlyList<Record<string, string>> again = await TakeBatchAsync(consumer, 100);
        Assert.Equal(["0:1", "0:2", "0:3"], again.Places());
        Assert.Same(first[1].Value, again[0].Value);
        Assert.Same(first[3].Value, again[2].Value);
        consumer.Finish(again[^1]);
        Assert.Equal(Reading.Numbers(4, 6), (await consumer.TakeToEndAsync()).Values());
    });

    [Fact]
    public void Retention_RemovesWhatIsInHand_ItComesAgainFromMemory() => _simulation.Run(async () =>
    {
        TopicFixture topic = Topic(partitions: 1, records: 10);
        await using Consumer<string, string> consumer = topic.Consume();
        await TakeBatchAsync(consumer, 3);
        await topic.Log.FlushAsync(10, CancellationToken.None);
        topic.Log.DeleteBefore(6);

        Assert.Equal(["0", "1", "2", "6", "7", "8", "9"], (await consumer.TakeToEndAsync()).Values());
    });

    [Fact]
    public void Pause_OfWhatIsInHand_ItComesAgainOnceResumed() => _simulation.Run(async () =>
    {
        TopicFixture topic = Topic(partitions: 2, records: 2);
        await using Consumer<string, string> consumer = topic.Consume();
        await consumer.TakeAsync(1);
        consumer.Pause(s_first);
        Assert.Equal(["1:0", "1:1"], (await consumer.TakeToEndAsync()).Places());
        consumer.Resume(s_first);

        Assert.Equal(["0:0", "0:1"], (await consumer.TakeToEndAsync()).Places());
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pause_OfABatchThatComesAgain_KeepsItFromRetention(bool readsOn) => _simulation.Run(async () =>
    {
        TopicFixture topic = Topic(partitions: 2, records: 8);
        await using Consumer<string, string> consumer = topic.Consume();
        consumer.Pause(new TopicPartition(TopicFixture.Topic, 1));
        await foreach (IReadOnlyList<Record<string, string>> batch in consumer.ReadBatchesAsync(3))
        {
            Assert.Equal(3, batch.Count);
            break;
        }

        await using IAsyncEnumerator<Record<string, string>> records = consumer.ReadAllAsync().GetAsyncEnumerator();
        await records.MoveNextAsync();
        Assert.Equal(0, records.Current.Offset);
        await topic.Log.FlushAsync(topic.Log.PublishedEnd, CancellationToken.None);
        topic.Log.DeleteBefore(6);
        consumer.Pause(s_first);
        consumer.Resume(new TopicPartition(TopicFixture.Topic, 1));
        if (readsOn)
        {
            await records.MoveNextAsync();
            Assert.Equal(1, records.Current.Partition);
        }

        consumer.Pause(new TopicPartition(TopicFixture.Topic, 1));
        consumer.Resume(s_first);
        List<long> offsets = [];
        for (int i = 0; i < 4; i++)
        {
            await records.MoveNextAsync();
            offsets.Add(records.Current.Offset);
        }

        Assert.Equal([1, 2, 6, 7], offsets);
    });

    [Fact]
    public void ReadToEndAsync_AfterAReadThatWasLeft_EndsWhereThePartitionsEndedAtItsCall() =>
        _simulation.Run(async () =>
        {
            TopicFixture topic = Topic(partitions: 1, records: 0);
            await using Consumer<string, string> consumer = topic.Consume();
            IAsyncEnumerable<Record<string, string>> toEnd = consumer.ReadToEndAsync();
            topic.AppendNumbers(3);
            List<Record<string, string>> read = await consumer.TakeAsync(1);
            consumer.Finish(read[0]);

            await foreach (Record<string, string> record in toEnd)
            {
                Assert.Fail($"{record} is behind the end.");
            }

            Assert.Equal(["1", "2"], (await consumer.TakeToEndAsync()).Values());
        });

    [Fact]
    public void MoveNextAsync_IsCancelled_FinishesWhatWasInHand() => _simulation.Run(async () =>
    {
        TopicFixture topic = Topic(partitions: 1, records: 3);
        await using Consumer<string, string> consumer = topic.Consume();
        using CancellationTokenSource cancellation = new();
        await using IAsyncEnumerator<Record<string, string>> records =
            consumer.ReadAllAsync(cancellation.Token).GetAsyncEnumerator(CancellationToken.None);
        await records.MoveNextAsync();
        Cancel(cancellation);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await records.MoveNextAsync());

        Assert.Equal(1, consumer.Position(s_first));
        Assert.Equal(["1", "2"], (await consumer.TakeToEndAsync()).Values());
    });

    [Fact]
    public void Pause_OfWhatWaitsToComeAgain_KeepsItFromRetention() => _simulation.Run(async () =>
    {
        TopicFixture topic = Topic(partitions: 2, records: 8);
        await using Consumer<string, string> consumer = topic.Consume();
        await TakeBatchAsync(consumer, 3);
        await TakeBatchAsync(consumer, 3);
        consumer.Pause(s_first);
        await topic.Log.FlushAsync(8, CancellationToken.None);
        topic.Log.DeleteBefore(6);
        consumer.Resume(s_first);

        string[] places = (await consumer.TakeToEndAsync()).Places();
        Assert.Equal(
            ["0:0", "0:1", "0:2", "0:6", "0:7"],
            places.Where(place => place.StartsWith("0:", StringComparison.Ordinal)));
    });

    [Fact]
    public void ReadToEndAsync_CalledBeforeWhatComesAgainWasAppended_LeavesThatInMemory() => _simulation.Run(async () =>
    {
        TopicFixture topic = Topic(partitions: 1, records: 3);
        await using Consumer<string, string> consumer = topic.Consume();
        IAsyncEnumerable<Record<string, string>> toThird = consumer.ReadToEndAsync();
        for (int i = 3; i < 6; i++)
        {
            topic.Append(i);
        }

        await TakeBatchAsync(consumer, 6);
        List<string> first = [];
        await foreach (Record<string, string> record in toThird)
        {
            first.Add(record.Value);
        }

        Assert.Equal(["0", "1", "2"], first);
        await topic.Log.FlushAsync(6, CancellationToken.None);
        topic.Log.DeleteBefore(6);
        Assert.Equal(["3", "4", "5"], (await consumer.TakeToEndAsync()).Values());
    });

    [Fact]
    public void CommitAsync_ASeekComesBeforeItsFlushEnds_FinishesNothingThatIsReadAgain() => _simulation.Run(async () =>
    {
        TopicFixture topic = Topic(partitions: 1, records: 5);
        await using Consumer<string, string> consumer = topic.Consume(
            options: new ConsumerOptions { CommitDurability = Durability.Flushed });
        Task commit = consumer.CommitAsync((await TakeBatchAsync(consumer, 5))[^1]).AsTask();
        Assert.False(commit.IsCompleted);
        consumer.Seek(new TopicPartitionOffset(TopicFixture.Topic, 0, 0));
        await TakeBatchAsync(consumer, 5);
        await commit;

        Assert.Equal(0, consumer.Position(s_first));
        Assert.Equal(["0", "1", "2", "3", "4"], (await consumer.TakeToEndAsync()).Values());
    });

    [Fact]
    public void MoveNextAsync_OfBatchesIsCancelled_FinishesTheBatchInHand() => _simulation.Run(async () =>
    {
        TopicFixture topic = Topic(partitions: 1, records: 5);
        await using Consumer<string, string> consumer = topic.Consume();
        using CancellationTokenSource cancellation = new();
        await using IAsyncEnumerator<IReadOnlyList<Record<string, string>>> batches =
            consumer.ReadBatchesAsync(3, cancellation.Token).GetAsyncEnumerator(CancellationToken.None);
        await batches.MoveNextAsync();
        Cancel(cancellation);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await batches.MoveNextAsync());

        Assert.Equal(3, consumer.Position(s_first));
        Assert.Equal(["3", "4"], (await consumer.TakeToEndAsync()).Values());
    });

    [Fact]
    public void Finish_InABatch_FinishesThoseBeforeIt() => _simulation.Run(async () =>
    {
        TopicFixture topic = Topic(partitions: 1, records: 10);
        await using Consumer<string, string> consumer = topic.Consume();
        IReadOnlyList<Record<string, string>> batch = await TakeBatchAsync(consumer, 5);
        consumer.Finish(batch[2]);
        consumer.Finish(batch[0]);
        Assert.Equal(3, consumer.Position(s_first));
        await consumer.CommitFinishedAsync();
        Assert.Equal(3, topic.Committed());

        Assert.Equal(Reading.Numbers(3, 7), (await consumer.TakeToEndAsync()).Values());
    });

    /// <summary>
    /// A read takes what an earlier one left in pieces, so that some of it waits behind what is in hand.
    /// </summary>
    [Theory]
    [InlineData(4)]
    [InlineData(10)]
    public void CommitAsync_BehindWhatWaitsToBeHandedOutAgain_FinishesIt(long next) => _simulation.Run(async () =>
    {
        TopicFixture topic = Topic(partitions: 1, records: 10);
        await using Consumer<string, string> consumer = topic.Consume();
        await TakeBatchAsync(consumer, 4);
        await TakeBatchAsync(consumer, 2);
        await consumer.CommitAsync(new NextOffset(new(TopicFixture.Topic, 0), next));

        Assert.Equal(4, consumer.Position(s_first));
        Assert.Equal(Reading.Numbers(4, 6), (await consumer.TakeToEndAsync()).Values());
    });

    [Fact]
    public void Finish_WhatWaitsToBeHandedOutAgainInThisRead_IsPassed() => _simulation.Run(async () =>
    {
        TopicFixture topic = Topic(partitions: 1, records: 10);
        await using Consumer<string, string> consumer = topic.Consume();
        IReadOnlyList<Record<string, string>> left = await TakeBatchAsync(consumer, 5);
        List<string> values = [];
        await foreach (Record<string, string> record in consumer.ReadToEndAsync())
        {
            values.Add(record.Value);
            consumer.Finish(left[2]);
        }

        Assert.Equal(["0", .. Reading.Numbers(3, 7)], values);
    });

    [Fact]
    public void Finish_WhatWaitsToBeHandedOutAgainWithNothingInHand_IsPassed() => _simulation.Run(async () =>
    {
        TopicFixture topic = Topic(partitions: 1, records: 10);
        await using Consumer<string, string> consumer = topic.Consume();
        IReadOnlyList<Record<string, string>> left = await TakeBatchAsync(consumer, 5);
        using CancellationTokenSource cancellation = new();
        await using (IAsyncEnumerator<Record<string, string>> records =
            consumer.ReadAllAsync(cancellation.Token).GetAsyncEnumerator(CancellationToken.None))
        {
            await records.MoveNextAsync();
            Cancel(cancellation);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await records.MoveNextAsync());
        }

        consumer.Finish(left[2]);
        Assert.Equal(Reading.Numbers(3, 7), (await consumer.TakeToEndAsync()).Values());
    });

    [Fact]
    public void Finish_TakenBackBySeek_DoesNothing() => _simulation.Run(async () =>
    {
        TopicFixture topic = Topic(partitions: 1, records: 10);
        await using Consumer<string, string> consumer = topic.Consume();
        List<Record<string, string>> read = await consumer.TakeAsync(5);
        consumer.Seek(read[1].TopicPartitionOffset);
        consumer.Finish(read[4]);

        Assert.Equal(1, consumer.Position(s_first));
    });

    [Fact]
    public void Finish_DefaultOfRecord_IsRefused()
    {
        TopicFixture topic = Topic(partitions: 1, records: 1);
        using Consumer<string, string> consumer = topic.Consume();

        Assert.Throws<ArgumentException>(() => consumer.Finish(default));
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    [InlineData(8, 3)]
    public void CommitAsync_AroundWhatIsInHand_FinishesWhatLiesBelow(long next, long position) =>
        _simulation.Run(async () =>
        {
            TopicFixture topic = Topic(partitions: 1, records: 10);
            await using Consumer<string, string> consumer = topic.Consume();
            await consumer.TakeAsync(3);
            await consumer.CommitAsync(new NextOffset(new(TopicFixture.Topic, 0), next));

            Assert.Equal(position, consumer.Position(s_first));
            Assert.Equal(Reading.Numbers((int)position, 1), (await consumer.TakeAsync(1)).Values());
            Assert.Equal(next, topic.Committed());
        });

    [Fact]
    public void Interval_RecordIsFinishedByName_CommitsIt()
    {
        TopicFixture topic = Topic(partitions: 1, records: 3);
        Consumer<string, string> consumer = topic.Consume(
            options: new ConsumerOptions { CommitInterval = TimeSpan.FromSeconds(10) });
        _simulation.Run(() => consumer.TakeFinishedAsync(1));
        Advance();
        Assert.Equal(1, topic.Committed());
        consumer.SeekTo(SeekTarget.End);
        Advance();
        Assert.Equal(3, topic.Committed());
        _simulation.Run(consumer.DisposeAsync());
    }

    public void Dispose() => _simulation.Dispose();

    /// <summary>On this thread: what the asynchronous one does on the thread pool, no simulation sees.</summary>
    private static void Cancel(CancellationTokenSource source) => source.Cancel();

    private static async Task<IReadOnlyList<Record<string, string>>> TakeBatchAsync(
        Consumer<string, string> consumer, int maxRecords)
    {
        await foreach (IReadOnlyList<Record<string, string>> batch in consumer.ReadBatchesAsync(maxRecords))
        {
            return batch;
        }

        throw new InvalidOperationException("A read without end has ended.");
    }

    /// <summary>Lets the commit interval pass, once the timer for it is set.</summary>
    private void Advance()
    {
        _simulation.Scheduler.RunUntilIdle();
        _simulation.Time.Advance(TimeSpan.FromSeconds(10));
        _simulation.Scheduler.RunUntilIdle();
    }

    private TopicFixture Topic(int partitions, int records)
    {
        TopicFixture topic = TopicFixture.On(_simulation, partitions);
        for (int partition = 0; partition < partitions; partition++)
        {
            topic.AppendNumbers(records, partition);
        }

        return topic;
    }
}

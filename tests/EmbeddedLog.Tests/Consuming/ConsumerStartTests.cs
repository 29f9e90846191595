using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Consuming;

/// <summary>Where a consumer begins, and where it goes on when its position is not in the log.</summary>
public sealed class ConsumerStartTests : IDisposable
{
    private static readonly TopicPartition s_first = new(TopicFixture.Topic, 0);

    private readonly SimulatedPlatform _simulation = new(seed: 1);

    [Fact]
    public void Start_Earliest_IsTheDefault() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(5);
        await topic.Log.FlushAsync(topic.Log.PublishedEnd, CancellationToken.None);
        topic.Log.DeleteBefore(2);
        await using Consumer<string, string> consumer = topic.Consume();

        Assert.Equal(2, consumer.Position(s_first));
        Assert.Equal(["2", "3", "4"], (await consumer.TakeToEndAsync()).Values());
    });

    [Fact]
    public void Start_Latest_IsTheEndAsOfTheFirstRead()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(5);
        using Consumer<string, string> consumer = Consume(topic, StartAt.Latest);
        topic.Append(5);
        Task<List<Record<string, string>>> reading = consumer.TakeAsync(1);
        _simulation.Scheduler.RunUntilIdle();
        topic.Append(6);
        _simulation.Scheduler.RunUntilIdle();

        Assert.Equal(["6"], reading.Ended().Values());
    }

    [Theory]
    [InlineData(Durability.Written, 0)]
    [InlineData(Durability.Flushed, 1)]
    public void Start_Latest_IsCommittedByTheFirstReadInEveryPartition(Durability durability, int durable)
    {
        TopicFixture topic = TopicFixture.On(_simulation, partitions: 3);
        topic.AppendNumbers(5, partition: 1);
        Consumer<string, string> consumer = topic.Consume(
            options: new ConsumerOptions { Start = StartAt.Latest, CommitDurability = durability });
        consumer.Pause(new TopicPartition(TopicFixture.Topic, 2));
        Assert.Null(topic.Committed(1));
        Assert.Empty(_simulation.Run(consumer.TakeToEndAsync));

        Assert.Equal([0, 5, 0], Enumerable.Range(0, 3).Select(partition => topic.Committed(partition)));
        Assert.Equal(durable * topic.Offsets.Log.PublishedEnd, topic.Offsets.Log.DurableEnd);
        long end = topic.Offsets.Log.PublishedEnd;
        _simulation.Run(consumer.TakeToEndAsync);
        Assert.Equal(end, topic.Offsets.Log.PublishedEnd);
        _simulation.Run(consumer.DisposeAsync());
    }

    [Fact]
    public void Start_LatestThatCannotBeCommitted_ReturnsNothingUntilItIs() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(5);
        await using Consumer<string, string> consumer = Consume(topic, StartAt.Latest);
        Assert.Equal(5, consumer.Position(s_first));
        topic.Append(5);
        long capacity = _simulation.Disk.CapacityBytes;
        _simulation.Disk.CapacityBytes = _simulation.Disk.UsedBytes;
        await Assert.ThrowsAsync<DiskFullException>(() => consumer.TakeAsync(1));
        _simulation.Disk.CapacityBytes = capacity;

        Assert.Equal(["5"], (await consumer.TakeAsync(1)).Values());
        Assert.Equal(5, topic.Committed());
    });

    [Theory]
    [InlineData("group", StartAt.Earliest)]
    [InlineData(null, StartAt.Latest)]
    public void Start_ThatAnotherStartFindsAgain_IsNotCommitted(string? group, StartAt start) =>
        _simulation.Run(async () =>
        {
            TopicFixture topic = TopicFixture.On(_simulation);
            topic.AppendNumbers(5);
            await using Consumer<string, string> consumer = topic.Consume(
                group, new ConsumerOptions { Start = start });
            await consumer.TakeToEndAsync();

            Assert.Equal(0, topic.Offsets.Log.PublishedEnd);
        });

    [Fact]
    public void Retention_RemovesThePosition_WhereThePolicyLeadsIsCommitted() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(10);
        await using (Consumer<string, string> consumer = Consume(topic, StartAt.Latest))
        {
            await consumer.CommitAsync(new NextOffset(new(TopicFixture.Topic, 0), 2));
        }

        await topic.Log.FlushAsync(10, CancellationToken.None);
        topic.Log.DeleteBefore(6);
        await using (Consumer<string, string> consumer = Consume(topic, StartAt.Latest))
        {
            Assert.Empty(await consumer.TakeToEndAsync());
        }

        topic.Append(10);
        await using Consumer<string, string> next = Consume(topic, StartAt.Latest);
        Assert.Equal(["10"], (await next.TakeToEndAsync()).Values());
    });

    [Fact]
    public void Commit_BeforeAnyRead_StandsWhereTheStartIsLatest() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(5);
        await using (Consumer<string, string> consumer = Consume(topic, StartAt.Latest))
        {
            await consumer.CommitAsync(new NextOffset(s_first, 2));
            Assert.Empty(await consumer.TakeToEndAsync());
            Assert.Equal(2, topic.Committed());
        }

        await using Consumer<string, string> next = Consume(topic, StartAt.Latest);
        Assert.Equal(["2", "3", "4"], (await next.TakeToEndAsync()).Values());
    });

    [Fact]
    public void Commit_AfterTheLatestStartIsFound_Stands() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(5);
        await using Consumer<string, string> consumer = Consume(topic, StartAt.Latest);
        Assert.Equal(5, consumer.Position(s_first));
        topic.AppendNumbers(3);

        await consumer.CommitAsync(new NextOffset(s_first, 7));
        await consumer.TakeAsync(1);

        Assert.Equal(7, topic.Committed());
    });

    [Fact]
    public void Seek_ToWhatRetentionHasRemoved_LeavesACommitThatIsInTheLog() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(5);
        await topic.Log.FlushAsync(5, CancellationToken.None);
        topic.Log.DeleteBefore(2);
        await using Consumer<string, string> consumer = Consume(topic, StartAt.Latest);
        await consumer.CommitAsync(new NextOffset(s_first, 4));

        consumer.Seek(new TopicPartitionOffset(TopicFixture.Topic, 0, 0));
        Assert.Empty(await consumer.TakeToEndAsync());

        Assert.Equal(4, topic.Committed());
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Seek_BeforeAnythingIsCommitted_IsWhereTheNextOneBeginsWhereTheStartIsLatest(bool toBeginning) =>
        _simulation.Run(async () =>
        {
            TopicFixture topic = TopicFixture.On(_simulation);
            topic.AppendNumbers(5);
            await using (Consumer<string, string> consumer = Consume(topic, StartAt.Latest))
            {
                if (toBeginning)
                {
                    await consumer.SeekAsync(SeekTarget.Beginning);
                }
                else
                {
                    consumer.Seek(new TopicPartitionOffset(TopicFixture.Topic, 0, 0));
                }

                Assert.Equal(["0", "1", "2"], (await consumer.TakeAsync(3)).Values());
            }

            // Nothing was committed by hand, so all of it comes again.
            await using Consumer<string, string> next = Consume(topic, StartAt.Latest);
            Assert.Equal(["0", "1", "2", "3", "4"], (await next.TakeToEndAsync()).Values());
        });

    [Fact]
    public void Start_Error_FailsUntilASeekOrACommit() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(5);
        await using (Consumer<string, string> consumer = Consume(topic, StartAt.Error))
        {
            OffsetUnavailableException failure =
                await Assert.ThrowsAsync<OffsetUnavailableException>(() => consumer.TakeAsync(1));
            Assert.Equal((TopicFixture.Topic, 0), (failure.Topic, failure.Partition!.Value));
            Assert.Contains("StartAt.Earliest", failure.Message, StringComparison.Ordinal);
            Assert.Throws<OffsetUnavailableException>(() => consumer.Position(s_first));

            consumer.Seek(new TopicPartitionOffset(TopicFixture.Topic, 0, 3));
            List<Record<string, string>> read = await consumer.TakeAsync(1);
            Assert.Equal(["3"], read.Values());
            await consumer.CommitAsync(read[0]);
        }

        await using Consumer<string, string> next = Consume(topic, StartAt.Error);
        Assert.Equal(["4"], (await next.TakeToEndAsync()).Values());
    });

    [Theory]
    [InlineData(0, 2)]
    [InlineData(2, 2)]
    [InlineData(4, 4)]
    [InlineData(5, 5)]
    [InlineData(50, 5)]
    public void Start_Offset_IsTheNearestThatIsThere(long offset, long expected)
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(5);
        _simulation.Run(topic.Log.FlushAsync(topic.Log.PublishedEnd, CancellationToken.None));
        topic.Log.DeleteBefore(2);
        using Consumer<string, string> consumer = topic.Consume(
            options: new ConsumerOptions { StartOffset = offset });

        Assert.Equal(expected, consumer.Position(s_first));
    }

    [Fact]
    public void Start_Timestamp_IsTheFirstAtOrAfterOrTheEnd()
    {
        TopicFixture topic = TopicFixture.On(_simulation, partitions: 2);
        DateTimeOffset now = _simulation.Time.GetUtcNow();
        for (int i = 0; i < 5; i++)
        {
            topic.Append(i, partition: 0, timestamp: now.AddSeconds(i).ToUnixTimeMilliseconds());
            topic.Append(i, partition: 1, timestamp: now.ToUnixTimeMilliseconds());
        }

        using Consumer<string, string> consumer = topic.Consume(
            options: new ConsumerOptions { StartTime = now.AddSeconds(2) });

        Assert.Equal([2, 5], consumer.Assignment.Select(consumer.Position));
    }

    [Fact]
    public void Start_WithACommit_IsTheCommit() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(5);
        await using (Consumer<string, string> consumer = topic.Consume())
        {
            await consumer.CommitAsync(new NextOffset(new(TopicFixture.Topic, 0), 3));
        }

        ConsumerOptions[] starts =
            [new() { Start = StartAt.Latest }, new() { Start = StartAt.Error }, new() { StartOffset = 1 }];
        foreach (ConsumerOptions start in starts)
        {
            await using Consumer<string, string> next = topic.Consume(options: start);
            Assert.Equal(["3", "4"], (await next.TakeToEndAsync()).Values());
        }

        await using Consumer<string, string> other = topic.Consume("other");
        Assert.Equal(0, other.Position(s_first));
    });

    [Fact]
    public void Retention_RemovesThePosition_GoesOnByThePolicyAndSaysHowMuchWasSkipped() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(10);
        await using Consumer<string, string> earliest = topic.Consume("earliest", Options(StartAt.Earliest));
        await using Consumer<string, string> latest = topic.Consume("latest", Options(StartAt.Latest));
        await using Consumer<string, string> error = topic.Consume("error", Options(StartAt.Error));
        error.SeekTo(SeekTarget.Beginning);
        latest.SeekTo(SeekTarget.Beginning);
        foreach (Consumer<string, string> consumer in new[] { earliest, latest, error })
        {
            await consumer.TakeFinishedAsync(2);
        }

        await topic.Log.FlushAsync(topic.Log.PublishedEnd, CancellationToken.None);
        topic.Log.DeleteBefore(6);

        Assert.Equal(Reading.Numbers(6, 4), (await earliest.TakeToEndAsync()).Values());
        Assert.Contains(
            topic.Logged.All,
            line => line == "Warning: Retention has removed offset 2 of partition topic-0, which now begins at 6: the "
                + "consumer skips 4 offsets and goes on at 6.");
        Assert.Empty(await latest.TakeToEndAsync());
        Assert.Contains(topic.Logged.All, line => line.Contains("skips 8 offsets and goes on at 10"));
        OffsetUnavailableException failure =
            await Assert.ThrowsAsync<OffsetUnavailableException>(() => error.TakeAsync(1));
        Assert.Equal(2, failure.Offset);
        Assert.Equal(2, error.Position(s_first));

        static ConsumerOptions Options(StartAt start) => new()
        {
            Start = start,
            MaxBufferedRecords = 2,
        };
    });

    [Fact]
    public void Retention_RemovesWhatIsReadAhead_ItIsHandedOutAllTheSame() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(10);
        await using Consumer<string, string> consumer = topic.Consume();
        await consumer.TakeFinishedAsync(2);
        await topic.Log.FlushAsync(topic.Log.PublishedEnd, CancellationToken.None);
        topic.Log.DeleteBefore(6);

        Assert.Equal(Reading.Numbers(2, 8), (await consumer.TakeToEndAsync()).Values());
    });

    [Fact]
    public void Seek_BeyondTheEnd_IsJudgedByTheNextRead() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(5);
        TopicPartitionOffset beyond = new(TopicFixture.Topic, 0, 7);
        await using (Consumer<string, string> error = Consume(topic, StartAt.Error))
        {
            error.Seek(beyond);
            Assert.Equal(7, error.Position(s_first));
            OffsetUnavailableException failure =
                await Assert.ThrowsAsync<OffsetUnavailableException>(() => error.TakeAsync(1));
            Assert.Equal(7, failure.Offset);
            topic.Append(5);
            topic.Append(6);
            Assert.Empty(await error.TakeToEndAsync());
            topic.Append(7);
            Assert.Equal(["7"], (await error.TakeToEndAsync()).Values());
        }

        await using Consumer<string, string> earliest = Consume(topic, StartAt.Earliest);
        earliest.Seek(beyond with { Offset = 100 });
        Assert.Equal(["0"], (await earliest.TakeAsync(1)).Values());
        Assert.Contains(topic.Logged.All, line => line.Contains("lies beyond its end, 8"));
    });

    public void Dispose() => _simulation.Dispose();

    private static Consumer<string, string> Consume(TopicFixture topic, StartAt start) =>
        topic.Consume(options: new ConsumerOptions { Start = start });
}

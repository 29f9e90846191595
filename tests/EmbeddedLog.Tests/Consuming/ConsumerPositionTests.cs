using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Consuming;

/// <summary>Where a consumer is, what is committed, and how far it is behind.</summary>
public sealed class ConsumerPositionTests : IDisposable
{
    private static readonly TopicPartition s_first = new(TopicFixture.Topic, 0);
    private static readonly TopicPartition s_second = new(TopicFixture.Topic, 1);

    private readonly SimulatedPlatform _simulation = new(seed: 1);

    [Fact]
    public void GetPositionAsync_WithARecordInHand_IsThatRecord() => _simulation.Run(async () =>
    {
        TopicFixture topic = Topic();
        await using Consumer<string, string> consumer = topic.Consume();
        await consumer.TakeAsync(3);

        Assert.Equal(new NextOffset(s_first, 2), await consumer.GetPositionAsync(s_first));
        await consumer.CommitAsync(await consumer.GetPositionAsync(s_first));
        Assert.Equal(2, topic.Committed());
    });

    [Fact]
    public void GetCommittedAsync_NothingIsCommitted_IsNull() => _simulation.Run(async () =>
    {
        TopicFixture topic = Topic();
        await using Consumer<string, string> consumer = topic.Consume();
        await using Consumer<string, string> free = topic.Consume(group: null);
        await consumer.CommitAsync(new NextOffset(s_first, 0));

        Assert.Equal(
            new CommittedOffset(new NextOffset(s_first, 0), null, _simulation.Time.GetUtcNow()),
            await consumer.GetCommittedAsync(s_first));
        Assert.Null(await consumer.GetCommittedAsync(s_second));
        Assert.Null(await free.GetCommittedAsync(s_first));
    });

    [Fact]
    public void GetLagAsync_WhileReading_CountsWhatIsNotFinished() => _simulation.Run(async () =>
    {
        TopicFixture topic = Topic();
        await using Consumer<string, string> consumer = topic.Consume();
        await AssertLagAsync(consumer, 10, 10);

        await consumer.TakeAsync(3);
        await AssertLagAsync(consumer, 8, 10);
        topic.Append(10, partition: 1);
        await AssertLagAsync(consumer, 8, 11);
        Assert.Equal(
            new PartitionLag(s_first, Position: 2, EndOffset: 10),
            (await consumer.GetLagAsync())[0] with { Time = null });
        Assert.Equal("topic-0: 8 behind", (await consumer.GetLagAsync())[0].ToString());

        await consumer.TakeToEndAsync();
        await AssertLagAsync(consumer, 0, 0);
    });

    [Fact]
    public void GetLagAsync_BeyondTheEnd_IsZero() => _simulation.Run(async () =>
    {
        TopicFixture topic = Topic();
        await using Consumer<string, string> consumer = topic.Consume();
        consumer.Seek(new TopicPartitionOffset(TopicFixture.Topic, 0, 12));

        await AssertLagAsync(consumer, 0, 10);
        Assert.Equal(12, (await consumer.GetLagAsync())[0].Position);
    });

    [Theory]
    [InlineData(StartAt.Earliest, 10, 11)]
    [InlineData(StartAt.Latest, 0, 0)]
    [InlineData(StartAt.Error, 10, 11)]
    public void GetLagAsync_BeforeTheFirstRead_CountsFromTheStartAndSettlesNothing(
        StartAt start, long before, long after) => _simulation.Run(async () =>
    {
        TopicFixture topic = Topic();
        await using Consumer<string, string> consumer = topic.Consume(options: new ConsumerOptions { Start = start });
        await AssertLagAsync(consumer, before, before);

        topic.Append(10, partition: 1);

        await AssertLagAsync(consumer, before, after);
        Assert.Null(topic.Committed(1));
    });

    [Fact]
    public void SeekAsync_OnePartition_LeavesTheOthers() => _simulation.Run(async () =>
    {
        TopicFixture topic = Topic();
        await using Consumer<string, string> consumer = topic.Consume();
        await consumer.TakeToEndAsync();

        await consumer.SeekAsync(SeekTarget.Beginning, s_second);
        Assert.Equal([10, 0], consumer.Assignment.Select(consumer.Position));
        await consumer.SeekAsync(SeekTarget.At(_simulation.Time.GetUtcNow().AddSeconds(1)), s_second);
        Assert.Equal([10, 10], consumer.Assignment.Select(consumer.Position));
        await consumer.SeekAsync(SeekTarget.Beginning, s_first);
        Assert.Equal([0, 10], consumer.Assignment.Select(consumer.Position));
        await consumer.SeekAsync(SeekTarget.End, s_first);
        topic.Append(10);
        Assert.Equal(["0:10"], (await consumer.TakeToEndAsync()).Places());
    });

    /// <summary>The position that was left open is found by the read, also where others were found before.</summary>
    [Fact]
    public void SeekAsync_OnePartitionToTheBeginning_IsFoundByTheNextRead() => _simulation.Run(async () =>
    {
        TopicFixture topic = Topic();
        await using Consumer<string, string> consumer = topic.Consume(
            options: new ConsumerOptions { Start = StartAt.Latest });
        await consumer.TakeToEndAsync();
        await consumer.SeekAsync(SeekTarget.Beginning, s_first);
        await topic.Log.FlushAsync(10, CancellationToken.None);
        topic.Log.DeleteBefore(7);

        Assert.Equal(["0:7", "0:8", "0:9"], (await consumer.TakeToEndAsync()).Places());
    });

    [Fact]
    public void SeekAsync_BadArgumentsOrCancelled_IsRefusedAndMovesNothing() => _simulation.Run(async () =>
    {
        TopicFixture topic = Topic();
        await using Consumer<string, string> consumer = topic.Consume();
        CancellationToken cancelled = new(canceled: true);

        await Assert.ThrowsAsync<ArgumentNullException>(async () => await consumer.SeekAsync(null!));
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await consumer.SeekAsync(SeekTarget.End, new TopicPartition("other", 0)));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await consumer.SeekAsync(SeekTarget.End, new TopicPartition(TopicFixture.Topic, 2)));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await consumer.SeekAsync(SeekTarget.End, null, cancelled));
        Assert.Equal([0, 0], consumer.Assignment.Select(consumer.Position));
    });

    [Fact]
    public void AnyLookup_TokenIsCancelled_Throws() => _simulation.Run(async () =>
    {
        TopicFixture topic = Topic();
        await using Consumer<string, string> consumer = topic.Consume();
        CancellationToken cancelled = new(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await consumer.GetPositionAsync(s_first, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await consumer.GetCommittedAsync(s_first, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await consumer.GetLagAsync(cancelled));
    });

    [Fact]
    public void SeekTarget_AsText_SaysWhere()
    {
        DateTimeOffset time = new(2026, 11, 29, 8, 30, 0, TimeSpan.FromHours(1));

        Assert.Equal(
            ["the beginning", "the end", "2026-11-29T07:30:00.000Z"],
            new[] { SeekTarget.Beginning, SeekTarget.End, SeekTarget.At(time) }.Select(target => target.ToString()));
        Assert.Equal(time, SeekTarget.At(time).Time);
        Assert.Null(SeekTarget.End.Time);
    }

    public void Dispose() => _simulation.Dispose();

    private static async Task AssertLagAsync(Consumer<string, string> consumer, params long[] expected) =>
        Assert.Equal(expected, (await consumer.GetLagAsync()).Select(lag => lag.Records));

    private TopicFixture Topic()
    {
        TopicFixture topic = TopicFixture.On(_simulation, partitions: 2);
        topic.AppendNumbers(10, partition: 0);
        topic.AppendNumbers(10, partition: 1);
        return topic;
    }
}

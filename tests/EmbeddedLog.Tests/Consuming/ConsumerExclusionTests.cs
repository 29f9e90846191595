using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Consuming;

/// <summary>One read at a time, and its end by cancellation and disposal.</summary>
public sealed class ConsumerExclusionTests : IDisposable
{
    private readonly SimulatedPlatform _simulation = new(seed: 1);

    [Fact]
    public void Read_WhileAnotherIsUnderWay_IsRefusedAndTheFirstGoesOn() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(4);
        await using Consumer<string, string> consumer = topic.Consume();
        IAsyncEnumerator<Record<string, string>> first = consumer.ReadAllAsync().GetAsyncEnumerator();
        Assert.True(await first.MoveNextAsync());

        InvalidOperationException refused =
            await Assert.ThrowsAsync<InvalidOperationException>(() => consumer.TakeAsync(1));
        Assert.Equal(
            "The consumer is being read already, and only one read at a time can say what is finished. Leave that loop "
            + "first, by break or by cancelling its token; an enumerator got by hand must be disposed. To read the "
            + "records twice at once, create a consumer in another group, or without one.",
            refused.Message);
        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await consumer.ReadBatchesAsync(1).GetAsyncEnumerator().MoveNextAsync());
        await Assert.ThrowsAsync<InvalidOperationException>(consumer.TakeToEndAsync);

        Assert.True(await first.MoveNextAsync());
        Assert.Equal("1", first.Current.Value);
        consumer.Finish(first.Current);
        await first.DisposeAsync();
        Assert.Equal(["2"], (await consumer.TakeAsync(1)).Values());
    });

    [Fact]
    public void MoveNextAsync_WhileOneWaits_IsRefused()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        using Consumer<string, string> consumer = topic.Consume();
        IAsyncEnumerator<Record<string, string>> records = consumer.ReadAllAsync().GetAsyncEnumerator();
        Task<bool> moving = records.MoveNextAsync().AsTask();
        _simulation.Scheduler.RunUntilIdle();

        Assert.Throws<InvalidOperationException>(() => records.MoveNextAsync().AsTask().Ended());
        Assert.Throws<InvalidOperationException>(() => records.DisposeAsync().AsTask().Ended());

        topic.Append(1);
        _simulation.Scheduler.RunUntilIdle();
        Assert.True(moving.Ended());
        _simulation.Run(records.DisposeAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Cancel_WhileWaiting_EndsTheReadAndLosesNothing(bool ofEnumeration)
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(2);
        using Consumer<string, string> consumer = topic.Consume();
        using CancellationTokenSource cancellation = new();
        (CancellationToken method, CancellationToken enumeration) =
            ofEnumeration ? (CancellationToken.None, cancellation.Token) : (cancellation.Token, CancellationToken.None);
        List<string> seen = [];
        Task reading = ReadAsync();
        _simulation.Scheduler.RunUntilIdle();
        Assert.False(reading.IsCompleted);

        cancellation.Cancel();
        _simulation.Scheduler.RunUntilIdle();

        OperationCanceledException ended =
            Assert.ThrowsAny<OperationCanceledException>(() => reading.Ended());
        Assert.Equal(cancellation.Token, ended.CancellationToken);
        topic.Append(2);
        Assert.Equal(["0", "1"], seen);
        Assert.Equal(["2"], _simulation.Run(() => consumer.TakeAsync(1)).Values());

        async Task ReadAsync()
        {
            await foreach (Record<string, string> record in
                consumer.ReadAllAsync(method).WithCancellation(enumeration))
            {
                seen.Add(record.Value);
            }
        }
    }

    [Fact]
    public void Cancel_WhileRecordsAreReadAhead_EndsTheReadAndLosesNothing()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(5);
        using Consumer<string, string> consumer = topic.Consume();
        using CancellationTokenSource cancellation = new();
        IAsyncEnumerator<Record<string, string>> records =
            consumer.ReadAllAsync(cancellation.Token).GetAsyncEnumerator();
        Assert.True(_simulation.Run(records.MoveNextAsync()));
        cancellation.Cancel();

        Assert.ThrowsAny<OperationCanceledException>(() => _simulation.Run(records.MoveNextAsync()));
        Assert.Equal(["1", "2", "3", "4"], _simulation.Run(consumer.TakeToEndAsync).Values());
    }

    [Fact]
    public void Read_TokenIsCancelledAlready_HandsOutAndFinishesNothing() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(2);
        await using Consumer<string, string> consumer = topic.Consume();
        await consumer.TakeAsync(1);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => consumer.TakeAsync(1, new CancellationToken(canceled: true)));

        await consumer.CommitFinishedAsync();
        Assert.Null(consumer.Committed(consumer.Assignment[0]));
        Assert.Equal(["0"], (await consumer.TakeAsync(1)).Values());
    });

    [Fact]
    public void Dispose_WhileAReaderWaits_EndsIt()
    {
        TopicFixture topic = TopicFixture.On(_simulation, partitions: 2);
        Consumer<string, string> consumer = topic.Consume();
        Task<List<Record<string, string>>> reading = consumer.TakeAsync(1);
        _simulation.Scheduler.RunUntilIdle();

        _simulation.Run(consumer.DisposeAsync());
        _simulation.Scheduler.RunUntilIdle();

        ObjectDisposedException ended =
            Assert.Throws<ObjectDisposedException>(() => reading.Ended());
        Assert.Contains("consumer", ended.Message, StringComparison.Ordinal);

        // Nobody is left to be woken.
        topic.Append(1);
        Assert.Equal(0, _simulation.Scheduler.RunUntilIdle());
    }

    [Fact]
    public void Dispose_BetweenTwoRecords_EndsTheReadAtTheNextOne() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(5);
        Consumer<string, string> consumer = topic.Consume();
        await using IAsyncEnumerator<Record<string, string>> records = consumer.ReadAllAsync().GetAsyncEnumerator();
        Assert.True(await records.MoveNextAsync());
        await consumer.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await records.MoveNextAsync());
        Assert.False(await records.MoveNextAsync());
    });

    [Fact]
    public void Members_OfADisposedConsumer_Throw() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.Append(0);
        Consumer<string, string> consumer = topic.Consume();
        List<Record<string, string>> read = await consumer.TakeAsync(1);
        TopicPartition partition = consumer.Assignment[0];
        IAsyncEnumerable<Record<string, string>> all = consumer.ReadAllAsync();
        await consumer.DisposeAsync();
        await consumer.DisposeAsync();

        Assert.Throws<ObjectDisposedException>(() => consumer.ReadAllAsync());
        Assert.Throws<ObjectDisposedException>(() => consumer.ReadToEndAsync());
        Assert.Throws<ObjectDisposedException>(() => consumer.ReadBatchesAsync(1));
        Assert.Throws<ObjectDisposedException>(() => consumer.Seek(read[0].TopicPartitionOffset));
        Assert.Throws<ObjectDisposedException>(() => consumer.SeekTo(SeekTarget.Beginning));
        Assert.Throws<ObjectDisposedException>(() => consumer.Pause(partition));
        Assert.Throws<ObjectDisposedException>(() => consumer.Resume(partition));
        Assert.Throws<ObjectDisposedException>(() => consumer.Position(partition));
        Assert.Throws<ObjectDisposedException>(() => consumer.Committed(partition));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await consumer.GetLagAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await consumer.CommitFinishedAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await consumer.CommitAsync(read[0]));
        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await consumer.CommitAsync(NextOffset.After(read[0].TopicPartitionOffset)));
        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await all.GetAsyncEnumerator().MoveNextAsync());
    });

    [Fact]
    public void Log_IsDisposedWhileAReaderWaits_EndsIt()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        Consumer<string, string> consumer = topic.Consume();
        Task<List<Record<string, string>>> reading = consumer.TakeAsync(1);
        _simulation.Scheduler.RunUntilIdle();

        _simulation.Run(topic.CloseAsync);
        _simulation.Scheduler.RunUntilIdle();

        ObjectDisposedException ended =
            Assert.Throws<ObjectDisposedException>(() => reading.Ended());
        Assert.Contains("Dispose the log last", ended.Message, StringComparison.Ordinal);
        _simulation.Run(consumer.DisposeAsync());
    }

    [Fact]
    public void Log_IsDisposed_ReadsAndCommitsThrow() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(2000);
        Consumer<string, string> consumer = topic.Consume();
        List<Record<string, string>> read = await consumer.TakeAsync(1);
        await topic.CloseAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => consumer.TakeAsync(1999));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => consumer.TakeAsync(1));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await consumer.CommitAsync(read[0]));
        await consumer.DisposeAsync();
        Assert.Empty(_simulation.Disk.LiveMaps);
    });

    public void Dispose() => _simulation.Dispose();
}

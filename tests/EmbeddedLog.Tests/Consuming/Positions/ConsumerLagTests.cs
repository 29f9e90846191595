using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Consuming.Positions;

/// <summary>The lag in time and in total, and waiting until there is none.</summary>
public sealed class ConsumerLagTests : IDisposable
{
    private readonly SimulatedPlatform _simulation = new(seed: 1);

    [Fact]
    public void GetLagAsync_SomeAreNotFinished_HasTheAgeOfTheOldest() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation, partitions: 2);
        DateTimeOffset now = _simulation.Time.GetUtcNow();
        topic.Append(1, 0, now.AddMinutes(-5).ToUnixTimeMilliseconds());
        topic.Append(2, 0, now.AddMinutes(-2).ToUnixTimeMilliseconds());
        topic.Append(3, 1, now.AddMinutes(-3).ToUnixTimeMilliseconds());
        await using Consumer<string, string> consumer = topic.Consume();

        ConsumerLag lag = await consumer.GetLagAsync();
        Assert.Equal((3, false), (lag.Records, lag.IsZero));
        AssertMinutes(5, lag.Time);
        AssertMinutes(5, lag[0].Time);
        AssertMinutes(3, lag[1].Time);
        Assert.Equal("3 behind in 2 partitions", lag.ToString());

        consumer.Finish((await consumer.TakeAsync(1))[0]);
        lag = await consumer.GetLagAsync();
        AssertMinutes(2, lag[0].Time);
        AssertMinutes(3, lag.Time);

        await consumer.TakeToEndAsync();
        lag = await consumer.GetLagAsync();
        Assert.Equal((0, true, TimeSpan.Zero), (lag.Records, lag.IsZero, lag.Time));
    });

    [Fact]
    public void GetLagAsync_ATimestampOfTomorrow_IsNoAge() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.Append(1, timestamp: _simulation.Time.GetUtcNow().AddDays(1).ToUnixTimeMilliseconds());
        await using Consumer<string, string> consumer = topic.Consume();

        Assert.Equal(TimeSpan.Zero, (await consumer.GetLagAsync()).Time);
    });

    [Fact]
    public void WaitUntilCaughtUpAsync_Reading_EndsWhenAllOfTheCallIsFinished()
    {
        TopicFixture topic = TopicFixture.On(_simulation, partitions: 2);
        topic.AppendNumbers(3, partition: 0);
        topic.AppendNumbers(2, partition: 1);
        using Consumer<string, string> consumer = topic.Consume();
        Task waiting = consumer.WaitUntilCaughtUpAsync().AsTask();
        topic.Append(9, partition: 1);

        Assert.Equal(5, _simulation.Run(() => consumer.TakeAsync(5)).Count);
        _simulation.Scheduler.RunUntilIdle();
        Assert.False(waiting.IsCompleted);

        // The one in hand is the last of those.
        Record<string, string> last = _simulation.Run(() => consumer.TakeAsync(1))[0];
        consumer.Finish(last);
        _simulation.Scheduler.RunUntilIdle();
        bool isOther = last.Value == "9";
        Assert.Equal(!isOther, waiting.IsCompleted);
        _simulation.Run(consumer.TakeToEndAsync);
        _simulation.Scheduler.RunUntilIdle();
        waiting.Ended();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void WaitUntilCaughtUpAsync_PositionIsMovedInAnyWay_Ends(int way)
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(2);
        using Consumer<string, string> consumer = topic.Consume();
        Task waiting = consumer.WaitUntilCaughtUpAsync().AsTask();
        Record<string, string> last = _simulation.Run(() => consumer.TakeAsync(2))[1];
        _simulation.Scheduler.RunUntilIdle();
        Assert.False(waiting.IsCompleted);

        switch (way)
        {
            case 0:
                consumer.Finish(last);
                break;
            case 1:
                _simulation.Run(consumer.CommitAsync(last));
                break;
            case 2:
                consumer.SeekTo(SeekTarget.End);
                break;
            default:
                consumer.Seek(new TopicPartitionOffset(TopicFixture.Topic, 0, 2));
                break;
        }

        _simulation.Scheduler.RunUntilIdle();
        waiting.Ended();
    }

    [Fact]
    public void WaitUntilCaughtUpAsync_NothingIsThere_EndsAtOnce()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        using Consumer<string, string> consumer = topic.Consume();

        consumer.WaitUntilCaughtUpAsync().AsTask().Ended();
    }

    [Fact]
    public void WaitUntilCaughtUpAsync_HandlersFinish_Ends()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(20);
        using Consumer<string, string> consumer = topic.Consume();
        using CancellationTokenSource stopping = new();
        TaskCompletionSource gate = new();
        Task loop = consumer.ForEachAsync(
            async (record, _) => await (record.Value == "7" ? gate.Task : Task.CompletedTask),
            new() { MaxParallelism = 4, OrderBy = ProcessingOrder.Key },
            stopping.Token);
        Task waiting = consumer.WaitUntilCaughtUpAsync().AsTask();
        _simulation.Scheduler.RunUntilIdle();
        Assert.False(waiting.IsCompleted);

        gate.SetResult();
        _simulation.Scheduler.RunUntilIdle();
        waiting.Ended();
        stopping.Cancel();
        _simulation.Scheduler.RunUntilIdle();
        Assert.True(loop.IsCompleted);
    }

    [Fact]
    public void WaitUntilCaughtUpAsync_CancelledOrDisposed_Throws()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.Append(1);
        Consumer<string, string> consumer = topic.Consume();
        using CancellationTokenSource cancellation = new();
        Task cancelled = consumer.WaitUntilCaughtUpAsync(cancellation.Token).AsTask();
        Task disposed = consumer.WaitUntilCaughtUpAsync(CancellationToken.None).AsTask();

        cancellation.Cancel();
        _simulation.Scheduler.RunUntilIdle();
        Assert.True(cancelled.IsCanceled);
        Assert.False(disposed.IsCompleted);

        _simulation.Run(consumer.DisposeAsync());
        _simulation.Scheduler.RunUntilIdle();
        Assert.IsType<ObjectDisposedException>(disposed.Exception?.InnerException);
        Assert.Throws<ObjectDisposedException>(() => consumer.WaitUntilCaughtUpAsync().AsTask().Ended());
    }

    /// <summary>What another member gets is not waited for.</summary>
    [Fact]
    public void WaitUntilCaughtUpAsync_APartitionMoves_IsNotWaitedFor()
    {
        TopicFixture topic = TopicFixture.On(_simulation, partitions: 2);
        topic.Append(1, partition: 0);
        topic.Append(2, partition: 1);
        using Consumer<string, string> first = topic.Consume();
        Assert.Equal(2, _simulation.Run(() => first.TakeAsync(2)).Count);
        Task waiting = first.WaitUntilCaughtUpAsync().AsTask();
        using Consumer<string, string> second = topic.Consume();
        Task<List<Record<string, string>>> taking = second.TakeAsync(1);

        _simulation.Run(first.TakeToEndAsync);
        _simulation.Scheduler.RunUntilIdle();

        waiting.Ended();
        Assert.Single(taking.Ended());
    }

    public void Dispose() => _simulation.Dispose();

    private static void AssertMinutes(int minutes, TimeSpan? age)
    {
        Assert.NotNull(age);
        Assert.InRange(age.Value, TimeSpan.FromMinutes(minutes), TimeSpan.FromMinutes(minutes + 0.1));
    }
}

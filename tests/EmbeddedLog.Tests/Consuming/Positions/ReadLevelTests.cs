using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Following;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Consuming.Positions;

/// <summary>Reading only what is flushed.</summary>
public sealed class ReadLevelTests : IDisposable
{
    private static readonly ConsumerOptions s_flushed = new() { ReadLevel = Durability.Flushed };

    private readonly SimulatedPlatform _simulation = new(seed: 1);

    [Fact]
    public void ReadAllAsync_OnlyWritten_ComesWithTheFlush()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        using Consumer<string, string> consumer = topic.Consume(options: s_flushed);
        topic.AppendNumbers(3);
        IAsyncEnumerator<Record<string, string>> records = consumer.ReadAllAsync().GetAsyncEnumerator();
        Task<bool> moving = records.MoveNextAsync().AsTask();
        _simulation.Scheduler.RunUntilIdle();
        Assert.False(moving.IsCompleted);

        topic.Log.RequestFlush();
        _simulation.Scheduler.RunUntilIdle();

        Assert.True(moving.Ended());
        Assert.Equal("0", records.Current.Value);
        _simulation.Run(records.DisposeAsync());
    }

    [Fact]
    public void ReadAllAsync_NobodyFlushes_ComesAfterTheFlushInterval()
    {
        CommitLog log = _simulation.Run(OpenLog.OnAsync(_simulation));
        Topic topic = _simulation.Run(log.EnsureTopicAsync("topic"));
        Consumer<string, string> consumer = log.CreateConsumer<string, string>("topic", options: s_flushed);
        topic[0].Append(new RawRecord("1"u8));
        Task<List<Record<string, string>>> taking = consumer.TakeAsync(1);
        _simulation.Scheduler.RunUntilIdle();
        Assert.False(taking.IsCompleted);

        _simulation.Run(() => taking, patience: TimeSpan.FromSeconds(2));

        Assert.Equal("1", Assert.Single(taking.Ended()).Value);
        _simulation.Run(log.DisposeAsync());
    }

    [Fact]
    public void ReadToEndAsync_SomeAreOnlyWritten_EndsBeforeThem() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(3);
        await topic.Log.FlushAsync(3, CancellationToken.None);
        topic.Append(3);
        await using Consumer<string, string> consumer = topic.Consume(options: s_flushed);

        Assert.Equal(3, (await consumer.TakeToEndAsync()).Count);
        Assert.Equal(1, (await consumer.GetLagAsync()).Records);
        await topic.Log.FlushAsync(4, CancellationToken.None);
        Assert.Single(await consumer.TakeToEndAsync());
    });

    /// <summary>What was handed out is there after any loss of power, at the same offset.</summary>
    [Fact]
    public void ReadToEndAsync_PowerIsLost_NothingHandedOutIsTakenBack()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            SimulatedPlatform machine = new(seed);
            TopicFixture topic = TopicFixture.On(machine);
            Consumer<string, string> consumer = topic.Consume(group: null, options: s_flushed);
            List<string> seen = [];
            Random random = new(seed);
            for (int i = 0; i < 100; i++)
            {
                topic.Append(i);
                if (random.Next(10) == 0)
                {
                    topic.Log.RequestFlush();
                    machine.Scheduler.RunUntilIdle();
                }

                if (random.Next(5) == 0)
                {
                    seen.AddRange(machine.Run(consumer.TakeToEndAsync).Select(record => record.Value));
                }
            }

            using SimulatedPlatform after = machine.Crash(CrashKind.PowerLoss);
            TopicFixture found = TopicFixture.After(after, CrashKind.PowerLoss, generation: 1);
            Consumer<string, string> again = found.Consume(group: null);
            List<string> left = [.. after.Run(again.TakeToEndAsync).Select(record => record.Value)];
            Assert.Equal(seen, left.Take(seen.Count));
            machine.Dispose();
        }
    }

    [Fact]
    public void ReadAllAsync_AFlushHasFailed_ThrowsAndReadsTheOtherPartitions() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation, partitions: 2);
        await using Consumer<string, string> consumer = topic.Consume(options: s_flushed);
        topic.Append(1, partition: 0);
        _simulation.Disk.FailNextFlush();
        await Assert.ThrowsAsync<PartitionFailedException>(
            async () => await topic.Logs[0].FlushAsync(1, CancellationToken.None));
        topic.Append(2, partition: 1);
        await topic.Logs[1].FlushAsync(1, CancellationToken.None);

        PartitionFailedException failure =
            await Assert.ThrowsAsync<PartitionFailedException>(() => consumer.TakeAsync(1));
        Assert.Equal((TopicFixture.Topic, 0), (failure.Topic, failure.Partition));
        Assert.Equal("2", Assert.Single(await consumer.TakeAsync(1)).Value);
    });

    [Fact]
    public void ReadAllAsync_AFlushIsRefused_GoesOnWithTheNextOne()
    {
        FaultingFileSystem files = new(_simulation.Platform.Files);
        files.CreateDirectory(OpenLog.Directory);
        files.SyncDirectory("/");
        TopicFixture topic = new(_simulation.Platform with { Files = files }, OpenLog.Directory);
        using Consumer<string, string> consumer = topic.Consume(options: s_flushed);
        topic.Append(1);
        Task<List<Record<string, string>>> taking = consumer.TakeAsync(1);
        files.Reset();
        files.Fail(FaultKind.SyncDirectory, 1, EmbeddedLog.IO.FileSystemError.TooManyFiles);
        topic.Log.RequestFlush();
        _simulation.Scheduler.RunUntilIdle();
        Assert.False(taking.IsCompleted);
        topic.Log.RequestFlush();
        _simulation.Scheduler.RunUntilIdle();

        Assert.Single(taking.Ended());
    }

    [Fact]
    public void Dispose_OfTheLog_EndsTheReadThatWaitsForAFlush()
    {
        CommitLog log = _simulation.Run(OpenLog.OnAsync(_simulation));
        _simulation.Run(log.EnsureTopicAsync("topic", new() { FlushInterval = Timeout.InfiniteTimeSpan }));
        Consumer<string, string> consumer = log.CreateConsumer<string, string>("topic", options: s_flushed);
        log.GetTopic("topic")[0].Append(new RawRecord("v"u8));
        Task<List<Record<string, string>>> taking = consumer.TakeAsync(1);
        _simulation.Scheduler.RunUntilIdle();

        _simulation.Run(log.DisposeAsync());
        _simulation.Scheduler.RunUntilIdle();

        Assert.True(taking.IsCompleted);
        Assert.IsType<ObjectDisposedException>(taking.Exception?.InnerException);
    }

    [Fact]
    public void DeleteTopicAsync_WhileItsFlushIsWaitedFor_EndsTheRead()
    {
        CommitLog log = _simulation.Run(OpenLog.OnAsync(_simulation));
        _simulation.Run(log.EnsureTopicAsync("topic", new() { FlushInterval = Timeout.InfiniteTimeSpan }));
        Consumer<string, string> consumer = log.CreateConsumer<string, string>("topic", options: s_flushed);
        log.GetTopic("topic")[0].Append(new RawRecord("v"u8));
        Task<List<Record<string, string>>> taking = consumer.TakeAsync(2);
        _simulation.Scheduler.RunUntilIdle();

        _simulation.Run(log.DeleteTopicAsync("topic"));
        _simulation.Scheduler.RunUntilIdle();

        Assert.True(taking.IsCompleted);
        Assert.IsType<UnknownTopicException>(taking.Exception?.InnerException);
        _simulation.Run(log.DisposeAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ReadAllAsync_InAReadOnlyLog_ComesWithTheOwnersFlush(bool restarted)
    {
        using FollowFixture fixture = new();
        fixture.Open(new TopicOptions { FlushInterval = Timeout.InfiniteTimeSpan });
        fixture.Append(1);
        fixture.Flush();
        if (restarted)
        {
            fixture.Kill();
            fixture.Open(new TopicOptions { FlushInterval = Timeout.InfiniteTimeSpan });
        }

        using ReadOnlyLog log = fixture.Follow();
        Consumer<byte[]?, byte[]> consumer = log.CreateConsumer<byte[]?, byte[]>(
            FollowFixture.Topic, options: s_flushed);
        Assert.Single(fixture.Machine.Run(() => consumer.TakeFinishedAsync(1)));
        fixture.Append(2);
        Task<List<Record<byte[]?, byte[]>>> taking = consumer.TakeAsync(2);
        for (int i = 0; i < 20; i++)
        {
            fixture.Machine.Scheduler.RunUntilIdle();
            fixture.Machine.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.False(taking.IsCompleted);
        fixture.Flush();
        for (int i = 0; i < 20 && !taking.IsCompleted; i++)
        {
            fixture.Machine.Scheduler.RunUntilIdle();
            fixture.Machine.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal([1, 2], taking.Ended().Select(record => record.Offset));
    }

    public void Dispose() => _simulation.Dispose();
}

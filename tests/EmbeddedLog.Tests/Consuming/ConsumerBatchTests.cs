using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Consuming;

/// <summary>Reading in batches.</summary>
public sealed class ConsumerBatchTests : IDisposable
{
    private readonly SimulatedPlatform _simulation = new(seed: 1);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    [InlineData(1500)]
    [InlineData(int.MaxValue)]
    public void ReadBatchesAsync_RecordsAreThere_HandsOutFullBatchesInOrder(int maxRecords) =>
        _simulation.Run(async () =>
        {
            const int Count = 4000;
            TopicFixture topic = TopicFixture.On(_simulation);
            topic.AppendNumbers(Count);
            await using Consumer<string, string> consumer = topic.Consume();
            List<int> sizes = [];
            List<string> values = [];
            await foreach (IReadOnlyList<Record<string, string>> batch in consumer.ReadBatchesAsync(maxRecords))
            {
                sizes.Add(batch.Count);
                values.AddRange(batch.Values());
                if (values.Count == Count)
                {
                    break;
                }
            }

            Assert.Equal(Reading.Numbers(0, Count), values);
            Assert.All(sizes.SkipLast(1), size => Assert.Equal(maxRecords, size));
        });

    [Fact]
    public void ReadBatchesAsync_SeveralPartitions_ABatchIsOfOneAndTheyTakeTurns() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation, partitions: 2);
        topic.AppendNumbers(5, partition: 0);
        topic.AppendNumbers(3, partition: 1);
        await using Consumer<string, string> consumer = topic.Consume();
        List<string> batches = [];
        await foreach (IReadOnlyList<Record<string, string>> batch in consumer.ReadBatchesAsync(2))
        {
            batches.Add(string.Join(' ', batch.Places()));
            if (batches.Count == 5)
            {
                break;
            }
        }

        Assert.Equal(["0:0 0:1", "1:0 1:1", "0:2 0:3", "1:2", "0:4"], batches);
    });

    [Fact]
    public void ReadBatchesAsync_NothingThere_WaitsForOneRecord()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        using Consumer<string, string> consumer = topic.Consume();
        IAsyncEnumerator<IReadOnlyList<Record<string, string>>> batches =
            consumer.ReadBatchesAsync(10).GetAsyncEnumerator();
        Task<bool> moving = batches.MoveNextAsync().AsTask();
        _simulation.Scheduler.RunUntilIdle();
        Assert.False(moving.IsCompleted);
        Assert.Empty(batches.Current);

        topic.Append(1);
        _simulation.Scheduler.RunUntilIdle();

        Assert.True(moving.Ended());
        Assert.Equal(["1"], batches.Current.Values());
        _simulation.Run(batches.DisposeAsync());
    }

    [Fact]
    public void ReadBatchesAsync_AfterReadingAhead_BeginsWithWhatWasReadAhead() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(10);
        await using Consumer<string, string> consumer = topic.Consume();
        await consumer.TakeFinishedAsync(3);
        List<string> values = [];
        await foreach (IReadOnlyList<Record<string, string>> batch in consumer.ReadBatchesAsync(4))
        {
            values.AddRange(batch.Values());
            if (values.Count == 7)
            {
                break;
            }
        }

        Assert.Equal(Reading.Numbers(3, 7), values);
    });

    [Fact]
    public void ReadBatchesAsync_NextBatchIsAskedFor_TheLastOneStaysAsItWas() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(8);
        await using Consumer<string, string> consumer = topic.Consume();
        List<IReadOnlyList<Record<string, string>>> batches = [];
        await foreach (IReadOnlyList<Record<string, string>> batch in consumer.ReadBatchesAsync(4))
        {
            batches.Add(batch);
            if (batches.Count == 2)
            {
                break;
            }
        }

        Assert.Equal(Reading.Numbers(0, 4), batches[0].Values());
        Assert.Equal(Reading.Numbers(4, 4), batches[1].Values());
    });

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void ReadBatchesAsync_NoRoom_IsRefused(int maxRecords)
    {
        using Consumer<string, string> consumer = TopicFixture.On(_simulation).Consume();

        Assert.Throws<ArgumentOutOfRangeException>(() => consumer.ReadBatchesAsync(maxRecords));
    }

    [Fact]
    public void ReadBatchesAsync_WithAWait_HandsOutAFullBatchAtOnceAndAnotherOneAfterTheWait()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(5);
        using Consumer<string, string> consumer = topic.Consume();
        BatchOptions options = new() { MaxRecords = 3, MaxWait = TimeSpan.FromSeconds(10) };
        IAsyncEnumerator<IReadOnlyList<Record<string, string>>> batches =
            consumer.ReadBatchesAsync(options).GetAsyncEnumerator();
        Assert.True(_simulation.Run(batches.MoveNextAsync()));
        Assert.Equal(["0", "1", "2"], batches.Current.Values());

        Task<bool> moving = batches.MoveNextAsync().AsTask();
        Pass(9.9);
        Assert.False(moving.IsCompleted);
        Pass(0.2);
        Assert.True(moving.Ended());
        Assert.Equal(["3", "4"], batches.Current.Values());
        _simulation.Run(batches.DisposeAsync());
    }

    [Fact]
    public void ReadBatchesAsync_WithAWait_EndsWhenTheBatchIsFull()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.Append(0);
        using Consumer<string, string> consumer = topic.Consume();
        BatchOptions options = new() { MaxRecords = 3, MaxWait = TimeSpan.FromSeconds(10) };
        IAsyncEnumerator<IReadOnlyList<Record<string, string>>> batches =
            consumer.ReadBatchesAsync(options).GetAsyncEnumerator();
        Task<bool> moving = batches.MoveNextAsync().AsTask();
        Pass(1);
        topic.Append(1);
        Pass(1);
        Assert.False(moving.IsCompleted);

        topic.Append(2);
        _simulation.Scheduler.RunUntilIdle();

        Assert.True(moving.Ended());
        Assert.Equal(["0", "1", "2"], batches.Current.Values());
        _simulation.Run(batches.DisposeAsync());
    }

    /// <summary>The wait counts from the first record on, whatever comes meanwhile.</summary>
    [Fact]
    public void ReadBatchesAsync_RecordsKeepComing_WaitsNoLongerForThat()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        using Consumer<string, string> consumer = topic.Consume();
        BatchOptions options = new() { MaxRecords = 1_000, MaxWait = TimeSpan.FromSeconds(10) };
        IAsyncEnumerator<IReadOnlyList<Record<string, string>>> batches =
            consumer.ReadBatchesAsync(options).GetAsyncEnumerator();
        Task<bool> moving = batches.MoveNextAsync().AsTask();
        Pass(60);
        for (int i = 0; i < 9; i++)
        {
            topic.Append(i);
            Pass(1);
            Assert.False(moving.IsCompleted);
        }

        Pass(1.1);
        Assert.True(moving.Ended());
        Assert.Equal(9, batches.Current.Count);
        _simulation.Run(batches.DisposeAsync());
    }

    /// <summary>What is there at the end of a wait is a backlog, which is read at full speed.</summary>
    [Fact]
    public void ReadBatchesAsync_BytesEndABatch_TheRestOfTheWaitComesAtOnce()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(10);
        using Consumer<string, string> consumer = topic.Consume();
        BatchOptions options = new() { MaxRecords = 1_000, MaxBytes = 6, MaxWait = TimeSpan.FromSeconds(10) };
        IAsyncEnumerator<IReadOnlyList<Record<string, string>>> batches =
            consumer.ReadBatchesAsync(options).GetAsyncEnumerator();
        Task<bool> moving = batches.MoveNextAsync().AsTask();
        Pass(10.1);
        Assert.True(moving.Ended());
        Assert.Equal(["0", "1", "2"], batches.Current.Values());

        List<string> rest = [];
        while (rest.Count < 7)
        {
            Assert.True(batches.MoveNextAsync().AsTask().Ended());
            Assert.InRange(batches.Current.Count, 1, 3);
            rest.AddRange(batches.Current.Values());
        }

        Assert.Equal(Reading.Numbers(3, 7), rest);
        topic.Append(10);
        Task<bool> next = batches.MoveNextAsync().AsTask();
        Pass(9);
        Assert.False(next.IsCompleted);
        Pass(1.1);
        Assert.True(next.Ended());
        _simulation.Run(batches.DisposeAsync());
    }

    [Fact]
    public void ReadBatchesAsync_OnePartitionWaits_TheOthersDoNot()
    {
        TopicFixture topic = TopicFixture.On(_simulation, partitions: 2);
        topic.Append(0, partition: 0);
        using Consumer<string, string> consumer = topic.Consume();
        BatchOptions options = new() { MaxRecords = 2, MaxWait = TimeSpan.FromSeconds(10) };
        IAsyncEnumerator<IReadOnlyList<Record<string, string>>> batches =
            consumer.ReadBatchesAsync(options).GetAsyncEnumerator();
        Task<bool> moving = batches.MoveNextAsync().AsTask();
        Pass(5);
        topic.AppendNumbers(2, partition: 1);
        _simulation.Scheduler.RunUntilIdle();
        Assert.True(moving.Ended());
        Assert.Equal(["1:0", "1:1"], batches.Current.Places());

        moving = batches.MoveNextAsync().AsTask();
        Pass(5.1);
        Assert.True(moving.Ended());
        Assert.Equal(["0:0"], batches.Current.Places());
        _simulation.Run(batches.DisposeAsync());
    }

    [Fact]
    public void ReadBatchesAsync_OptionsOutOfBounds_TellsAllOfThem()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        using Consumer<string, string> consumer = topic.Consume();
        BatchOptions options = new() { MaxRecords = 0, MaxBytes = 0, MaxWait = TimeSpan.FromDays(2) };

        ArgumentException refused = Assert.Throws<ArgumentException>(() => consumer.ReadBatchesAsync(options));

        Assert.Contains(nameof(BatchOptions.MaxRecords), refused.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(BatchOptions.MaxBytes), refused.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(BatchOptions.MaxWait), refused.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => consumer.ReadBatchesAsync(null!));
    }

    public void Dispose() => _simulation.Dispose();

    /// <summary>Lets time pass, in steps, and all work run.</summary>
    private void Pass(double seconds)
    {
        for (int i = 0; i < 10; i++)
        {
            _simulation.Time.Advance(TimeSpan.FromSeconds(seconds / 10));
            _simulation.Scheduler.RunUntilIdle();
        }
    }
}

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

    public void Dispose() => _simulation.Dispose();
}

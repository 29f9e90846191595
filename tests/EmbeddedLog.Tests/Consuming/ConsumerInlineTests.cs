using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Consuming;

/// <summary>Consumers that go on inside the append that wakes them.</summary>
public sealed class ConsumerInlineTests : IDisposable
{
    private static readonly ConsumerOptions s_inline = new() { AllowSynchronousContinuations = true };

    private readonly SimulatedPlatform _simulation = new(seed: 1);

    [Fact]
    public void ReadAllAsync_Allowed_HandsTheRecordOutWithinTheAppend()
    {
        TopicFixture topic = TopicFixture.On(_simulation, partitions: 2);
        using Consumer<string, string> consumer = topic.Consume(options: s_inline);
        Task<List<Record<string, string>>> reading = consumer.TakeAsync(2);
        _simulation.Scheduler.RunUntilIdle();
        topic.Append(0, partition: 1);
        Assert.False(reading.IsCompleted);

        topic.Append(1, partition: 0);

        Assert.Equal(["1:0", "0:0"], reading.Ended().Places());
    }

    [Fact]
    public void ReadAllAsync_NotAllowed_HandsNothingOutWithinTheAppend()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        using Consumer<string, string> consumer = topic.Consume();
        Task<List<Record<string, string>>> reading = consumer.TakeAsync(1);
        _simulation.Scheduler.RunUntilIdle();

        topic.Append(0);

        Assert.False(reading.IsCompleted);
        _simulation.Scheduler.RunUntilIdle();
        Assert.Equal(["0:0"], reading.Ended().Places());
    }

    [Fact]
    public void ReadAllAsync_HandlersThatAppendForEachOther_DoNotPileUpOnTheStack()
    {
        const int Records = 20_000;
        TopicFixture topic = TopicFixture.On(_simulation);
        using Consumer<string, string> first = topic.Consume("first", s_inline);
        using Consumer<string, string> second = topic.Consume("second", s_inline);
        Task<int> reading = AppendForEachAsync(topic, first, Records);
        Task<int> alsoReading = AppendForEachAsync(topic, second, Records);
        _simulation.Scheduler.RunUntilIdle();

        topic.Append(0);

        _simulation.Scheduler.RunUntilIdle();
        Assert.Equal((Records, Records), (reading.Ended(), alsoReading.Ended()));
    }

    [Fact]
    public void ReadAllAsync_AnotherReaderWaitsThroughTheQueue_IsQueuedBeforeTheHandlerRuns()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        using Consumer<string, string> inline = topic.Consume("inline", s_inline);
        using Consumer<string, string> queued = topic.Consume("queued");
        bool otherWasWoken = false;
        Task<List<Record<string, string>>> other = queued.TakeAsync(1);
        Task reading = HandleOneAsync(inline, () =>
        {
            _simulation.Scheduler.RunUntilIdle();
            otherWasWoken = other.IsCompleted;
        });
        _simulation.Scheduler.RunUntilIdle();

        topic.Append(0);

        Assert.True(reading.IsCompletedSuccessfully);
        Assert.True(otherWasWoken);
    }

    public void Dispose() => _simulation.Dispose();

    private static async Task<int> AppendForEachAsync(TopicFixture topic, Consumer<string, string> consumer, int count)
    {
        int read = 0;
        await foreach (Record<string, string> record in consumer.ReadAllAsync())
        {
            if (++read == count)
            {
                break;
            }

            topic.Append(read);
        }

        return read;
    }

    private static async Task HandleOneAsync(Consumer<string, string> consumer, Action handle)
    {
        await foreach (Record<string, string> record in consumer.ReadAllAsync())
        {
            handle();
            break;
        }
    }
}

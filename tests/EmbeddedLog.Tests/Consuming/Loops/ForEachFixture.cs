using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Consuming.Loops;

/// <summary>
/// A log with a topic of two partitions, and handlers that wait and fail as they are told to: the base of the tests of
/// records that go to handlers.
/// </summary>
public abstract class ForEachFixture : IDisposable
{
    private protected ForEachFixture()
    {
        Log = Machine.Run(OpenLog.OnAsync(Machine, new CommitLogOptions { LoggerFactory = Lines }));
        Topic = Machine.Run(Log.CreateTopicAsync("orders", new TopicOptions { Partitions = 2 }));
    }

    private protected SimulatedPlatform Machine { get; } = new(seed: 1);

    private protected LogLines Lines { get; } = new();

    /// <summary>The beginnings and ends of handlers: <c>a+</c>, <c>a-</c>.</summary>
    private protected List<string> Events { get; } = [];

    private protected Dictionary<string, TaskCompletionSource> Held { get; } = [];

    private protected CancellationTokenSource StopSource { get; } = new();

    private protected CommitLog Log { get; }

    private protected Topic Topic { get; }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Machine.Run(Log.DisposeAsync());
        Machine.Dispose();
        Lines.Dispose();
        StopSource.Dispose();
    }

    private protected static TopicPartition Partition(int number) => new("orders", number);

    private protected Consumer<string?, string> Consume() => Log.CreateConsumer<string?, string>("orders", "g");

    private protected void Append(int partition, params string[] records)
    {
        foreach (string record in records)
        {
            string[] parts = record.Split(':');
            byte[] value = System.Text.Encoding.UTF8.GetBytes(parts[^1]);
            byte[] key = System.Text.Encoding.UTF8.GetBytes(parts.Length > 1 ? parts[0] : "k");
            Topic[partition].Append(key.Length == 0 ? new RawRecord(value) : new RawRecord(key, value));
        }
    }

    private protected Task Start(
        Consumer<string?, string> consumer,
        ForEachOptions? options = null,
        Func<Record<string?, string>, CancellationToken, ValueTask>? handler = null)
    {
        // The test runner's context would continue handlers on other threads.
        SynchronizationContext.SetSynchronizationContext(null);
        Task loop = consumer.ForEachAsync(handler ?? HandleAsync, options, StopSource.Token);
        Machine.Scheduler.RunUntilIdle();
        return loop;
    }

    private protected void Stop(Task loop)
    {
        StopSource.Cancel();
        Machine.Scheduler.RunUntilIdle();
        Assert.ThrowsAny<OperationCanceledException>(loop.Ended);
    }

    private protected void Advance(double seconds)
    {
        Machine.Time.Advance(TimeSpan.FromSeconds(seconds));
        Machine.Scheduler.RunUntilIdle();
    }

    private protected void Hold(params string[] values)
    {
        foreach (string value in values)
        {
            Held[value] = new TaskCompletionSource();
        }
    }

    private protected void Release(params string[] values)
    {
        foreach (string value in values)
        {
            Held[value].TrySetResult();
        }

        Machine.Scheduler.RunUntilIdle();
    }

    /// <summary>Waits where it is told to, and throws for values that end with a mark.</summary>
    private protected async ValueTask HandleAsync(Record<string?, string> record, CancellationToken cancellationToken)
    {
        Events.Add($"{record.Value}+");
        if (record.Value.EndsWith('!'))
        {
            throw new InvalidOperationException(record.Value);
        }

        if (Held.TryGetValue(record.Value, out TaskCompletionSource? held))
        {
            await held.Task;
        }

        Events.Add($"{record.Value}-");
    }
}

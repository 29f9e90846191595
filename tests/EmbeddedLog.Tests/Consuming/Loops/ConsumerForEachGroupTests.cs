using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Consuming.Loops;

/// <summary>Records that go to handlers while the group's members come, go, and get stuck.</summary>
public sealed class ConsumerForEachGroupTests : IDisposable
{
    private static readonly TimeSpan s_pollLimit = TimeSpan.FromMinutes(5);

    private readonly SimulatedPlatform _machine = new(seed: 1);
    private readonly List<string> _begun = [];
    private readonly HashSet<string> _held = [];
    private readonly List<(string Value, TaskCompletionSource Source)> _waiting = [];
    private readonly Dictionary<string, CancellationToken> _tokens = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly CommitLog _log;
    private readonly Topic _topic;

    public ConsumerForEachGroupTests()
    {
        _log = _machine.Run(OpenLog.OnAsync(_machine));
        _topic = _machine.Run(_log.CreateTopicAsync("orders", new TopicOptions { Partitions = 2 }));
        for (int partition = 0; partition < 2; partition++)
        {
            for (int record = 0; record < 3; record++)
            {
                byte[] value = System.Text.Encoding.UTF8.GetBytes($"{partition}:{record}");
                _topic[partition].Append(new RawRecord("k"u8, value));
            }
        }
    }

    [Fact]
    public void Revocation_WhileAHandlerRuns_WaitsForItAndCommitsBeforeItLetsGo()
    {
        using Consumer<string, string> first = Consume();
        using Consumer<string, string> second = Consume();
        Hold("0:1");
        Hold("1:1");
        Task loop = Start(first);
        Task other = Start(second);

        // The one that runs is waited for, and nothing begins behind it in its partition.
        Assert.Equal(["0:0", "0:1", "1:0", "1:1"], _begun.Order());
        Assert.Equal(2, first.Assignment.Count);
        Release("1:1");

        Assert.Equal("orders-0", Assert.Single(first.Assignment).ToString());
        Assert.Equal("orders-1", Assert.Single(second.Assignment).ToString());
        Assert.Single(_begun, "1:1");
        Assert.Single(_begun, "1:2");
        Assert.False(_tokens["1:1"].IsCancellationRequested);
        Release("0:1");
        Assert.Contains("0:2", _begun);
        Stop(loop, other);
        Assert.Equal(3, first.Committed(new TopicPartition("orders", 0)));
        Assert.Equal(3, second.Committed(new TopicPartition("orders", 1)));
    }

    [Fact]
    public void Revocation_AHandlerDoesNotEnd_LetsGoAfterTheTimeout()
    {
        using Consumer<string, string> first = Consume();
        using Consumer<string, string> second = Consume();
        Hold("1:1");
        Task loop = Start(first);
        Task other = Start(second);
        Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(2, first.Assignment.Count);
        Assert.Single(_begun, "1:1");

        Advance(TimeSpan.FromSeconds(1));

        Assert.Single(first.Assignment);
        Assert.True(_tokens["1:1"].IsCancellationRequested);
        Assert.Equal(2, _begun.Count(value => value == "1:1"));
        Release("1:1");
        Stop(loop, other);
        Assert.Equal(3, second.Committed(new TopicPartition("orders", 1)));
    }

    [Fact]
    public void PollLimit_OneRecordIsTheOldestForTooLong_LosesThePartitions()
    {
        using Consumer<string, string> first = Consume();
        using Consumer<string, string> second = Consume();
        Hold("0:1");
        Task loop = Start(first, new ForEachOptions { DrainTimeout = Timeout.InfiniteTimeSpan });
        CancellationToken token = _tokens["0:1"];
        Assert.Contains("1:2", _begun);
        _begun.Clear();
        Task other = Start(second);
        Assert.Single(first.Assignment);

        for (int i = 0; i < 10; i++)
        {
            Advance(s_pollLimit / 5);
        }

        Assert.True(token.IsCancellationRequested);
        Assert.Contains("0:1", _begun);
        Release("0:1");
        Assert.False(loop.IsCompleted);
        Assert.False(other.IsCompleted);
        Stop(loop, other);
        Assert.Equal(3, second.GetLagAsync().AsTask().Ended().Concat(first.GetLagAsync().AsTask().Ended())
            .Where(lag => lag.Partition.Partition == 0).Max(lag => lag.Position));
    }

    [Fact]
    public void PollLimit_HandlersMakeProgress_KeepsThePartitions()
    {
        using Consumer<string, string> first = Consume();
        using Consumer<string, string> second = Consume();
        // The test runner's context would continue handlers on other threads.
        SynchronizationContext.SetSynchronizationContext(null);
        Task loop = first.ForEachAsync(
            async (record, _) =>
            {
                _begun.Add(record.Value);
                await Task.Delay(s_pollLimit * 0.7, _machine.Time, CancellationToken.None);
            },
            new ForEachOptions { MaxParallelism = 1, DrainTimeout = Timeout.InfiniteTimeSpan },
            _stop.Token);
        _machine.Scheduler.RunUntilIdle();

        Assert.Equal(2, first.Assignment.Count);
        for (int i = 0; i < 30; i++)
        {
            Advance(s_pollLimit / 5);
        }

        Assert.Equal(6, _begun.Distinct().Count());
        Assert.Equal(6, _begun.Count);
        Assert.Empty(second.Assignment);
        Stop(loop);
    }

    public void Dispose()
    {
        _machine.Run(_log.DisposeAsync());
        _machine.Dispose();
        _stop.Dispose();
    }

    private Consumer<string, string> Consume() => _log.CreateConsumer<string, string>(
        "orders", "g", new ConsumerOptions { MaxPollInterval = s_pollLimit });

    private Task Start(Consumer<string, string> consumer, ForEachOptions? options = null)
    {
        // The test runner's context would continue handlers on other threads.
        SynchronizationContext.SetSynchronizationContext(null);
        Task loop = consumer.ForEachAsync(HandleAsync, options, _stop.Token);
        _machine.Scheduler.RunUntilIdle();
        return loop;
    }

    private void Stop(params Task[] loops)
    {
        _stop.Cancel();
        _machine.Scheduler.RunUntilIdle();
        Advance(s_pollLimit);
        Assert.All(loops, loop => Assert.ThrowsAny<OperationCanceledException>(loop.Ended));
    }

    private void Advance(TimeSpan time)
    {
        _machine.Time.Advance(time);
        _machine.Scheduler.RunUntilIdle();
    }

    private void Hold(string value) => _held.Add(value);

    private void Release(string value)
    {
        _held.Remove(value);
        foreach ((string _, TaskCompletionSource source) in _waiting.Where(each => each.Value == value).ToArray())
        {
            source.TrySetResult();
        }

        _machine.Scheduler.RunUntilIdle();
    }

    private async ValueTask HandleAsync(Record<string, string> record, CancellationToken cancellationToken)
    {
        _begun.Add(record.Value);
        _tokens.TryAdd(record.Value, cancellationToken);
        if (_held.Contains(record.Value))
        {
            TaskCompletionSource source = new();
            _waiting.Add((record.Value, source));
            await source.Task;
        }
    }
}

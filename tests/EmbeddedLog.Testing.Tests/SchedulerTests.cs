using System.Threading.Channels;

namespace EmbeddedLog.Testing.Tests;

/// <summary>What becomes of code that a simulated log cannot repeat.</summary>
public sealed class SchedulerTests
{
    [Theory]
    [InlineData("run", true)]
    [InlineData("delay", true)]
    [InlineData("file", true)]
    [InlineData("run", false)]
    [InlineData("yield", false)]
    [InlineData("semaphore", false)]
    [InlineData("delay", false)]
    [InlineData("file", false)]
    public async Task Handler_ThatGoesOnElsewhere_FailsTheRunByName(string how, bool hasContext)
    {
        await using TestLog host = TestLog.Simulated(1, hasContext: hasContext);
        await host.Log.EnsureTopicAsync("orders", new TopicOptions { SegmentBytes = 64 << 10 });
        await using IProducer<string, Order> producer = host.Log.CreateProducer<string, Order>("orders");
        await producer.ProduceAsync(("key", new Order(1, "key")));

        SimulationException failure = await Assert.ThrowsAsync<SimulationException>(async () =>
            await host.RunAsync(async () =>
            {
                await using IConsumer<string, Order> consumer =
                    host.Log.CreateConsumer<string, Order>("orders", "billing");
                await consumer.ForEachAsync((_, _) => new ValueTask(LeaveAsync(how)));
            }));

        Assert.Contains(nameof(SchedulerTests), failure.Message, StringComparison.Ordinal);
        Assert.Contains("Task.Run", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("log", false)]
    [InlineData("log", true)]
    [InlineData("yield", true)]
    [InlineData("semaphore", true)]
    [InlineData("channel", true)]
    [InlineData("cancelled", true)]
    public async Task Handler_ThatWaitsForWhatTheSimulationHas_IsRun(string how, bool hasContext)
    {
        await using TestLog host = TestLog.Simulated(1, hasContext: hasContext);
        int handled = 0;
        await host.RunAsync(async () =>
        {
            await host.Log.EnsureTopicAsync("orders", new TopicOptions { SegmentBytes = 64 << 10 });
            await using IProducer<string, Order> producer = host.Log.CreateProducer<string, Order>("orders");
            await producer.ProduceAsync(("key", new Order(1, "key")));
            _ = host.StartAsync(async stop =>
            {
                await using IConsumer<string, Order> consumer =
                    host.Log.CreateConsumer<string, Order>("orders", "billing");
                await consumer.ForEachAsync(async (_, token) =>
                {
                    await StayAsync(how, host, token);
                    await Task.WhenAll(StayAsync(how, host, token), StayAsync(how, host, token));
                    handled++;
                }, cancellationToken: stop);
            }, "billing-1");
            await host.WaitForLagAsync("billing", 0, TimeSpan.FromHours(1));
        });

        Assert.Equal(1, handled);
    }

    [Fact]
    public async Task RunAsync_ABodyThatWaitsForTime_SaysWhatToDo()
    {
        await using TestLog host = TestLog.Simulated(1);

        SimulationException stuck = await Assert.ThrowsAsync<SimulationException>(async () =>
            await host.RunAsync(() => Task.Delay(TimeSpan.FromMinutes(1), host.Time)));

        Assert.Contains("AdvanceAsync", stuck.Message, StringComparison.Ordinal);
        await host.RunAsync(() => Task.Delay(TimeSpan.FromMinutes(1), host.Time), TimeSpan.FromHours(1));
    }

    private static async Task StayAsync(string how, TestLog host, CancellationToken token)
    {
        switch (how)
        {
            case "log":
                await Task.Delay(TimeSpan.FromSeconds(1), host.Time, token);
                await host.Log.ListTopicsAsync(token);
                break;
            case "yield":
                await Task.Yield();
                break;
            case "semaphore":
                using (SemaphoreSlim semaphore = new(0))
                {
                    Task wait = semaphore.WaitAsync(CancellationToken.None);
                    semaphore.Release();
                    await wait;
                }

                break;
            case "channel":
                Channel<int> channel = Channel.CreateUnbounded<int>();
                ValueTask<int> read = channel.Reader.ReadAsync(token);
                channel.Writer.TryWrite(1);
                await read;
                break;
            default:
                using (CancellationTokenSource source = new())
                {
                    Task delay = Task.Delay(TimeSpan.FromSeconds(1), host.Time, source.Token);
                    source.Cancel();
                    await Assert.ThrowsAnyAsync<OperationCanceledException>(() => delay);
                }

                break;
        }
    }

    private static async Task LeaveAsync(string how)
    {
        switch (how)
        {
            case "run":
                await Task.Run(() => { });
                break;
            case "yield":
                await Task.Yield();
                break;
            case "semaphore":
                using (SemaphoreSlim semaphore = new(0))
                {
                    Task wait = semaphore.WaitAsync();
                    semaphore.Release();
                    await wait;
                }

                break;
            case "delay":
                await Task.Delay(1);
                break;
            default:
                await using (FileStream file = new(
                    Path.GetTempFileName(),
                    FileMode.Open,
                    FileAccess.ReadWrite,
                    FileShare.None,
                    1,
                    FileOptions.DeleteOnClose | FileOptions.Asynchronous))
                {
                    await file.WriteAsync(new byte[100]);
                }

                break;
        }

        // Whether the first one was complete already is the machine's chance.
        await Task.Delay(1);
    }
}

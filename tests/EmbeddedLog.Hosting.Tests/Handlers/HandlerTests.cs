using EmbeddedLog.Hosting.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Polly;
using Polly.CircuitBreaker;

namespace EmbeddedLog.Hosting.Tests.Handlers;

public sealed class HandlerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Handler_OfAHost_GetsEachRecordInAScopeOfItsOwn()
    {
        await using TestHost host = new();
        Inbox inbox = new();
        host.Builder.Services.AddSingleton(inbox).AddScoped<Scoped>();
        host.AddLog().AddTopic("orders", topic => topic.Partitions = 2).AddProducer<string, string>("orders")
            .AddHandler<string, string, Handler>("orders", "billing", options => options.MaxParallelism = 1);
        await host.StartAsync();

        // One was made to see that it can be.
        int before = Scoped.Disposed(inbox);
        await ProduceAsync(host, "1", "2", "3");

        string[] handled = await inbox.TakeAsync(3);
        Assert.Equal(["1 scope 1", "2 scope 1", "3 scope 1"], handled.Order());
        await host.StopAsync();
        Assert.Equal(3, Scoped.Disposed(inbox) - before);
        await AssertCommittedAsync(host.Root, "billing", 3);
    }

    [Fact]
    public async Task Record_ThatFails_IsTriedAgainAndThenADeadLetter()
    {
        await using TestHost host = new();
        Inbox inbox = new();
        host.AddLog().AddTopic("orders").AddProducer<string, string>("orders")
            .AddHandler<string, string>(
                "orders",
                "billing",
                (record, _, _) =>
                {
                    inbox.Note(record.Value);
                    return record.Value == "good"
                        ? ValueTask.CompletedTask
                        : throw new InvalidDataException(record.Value);
                },
                options =>
                {
                    options.OrderBy = ProcessingOrder.Partition;
                    options.Retry.MaxAttempts = 3;
                    options.Retry.Delay = TimeSpan.Zero;
                    options.DeadLetterTopic = "orders.dead";
                });
        await host.StartAsync();

        await ProduceAsync(host, "bad", "good");

        Assert.Equal(["bad", "bad", "bad", "good"], await inbox.TakeAsync(4));
        Assert.Equal(1, host.Get<CommitLog>().GetTopic("orders.dead")[0].EndOffset);
    }

    [Fact]
    public async Task Record_ThatFailsForGood_IsNotTriedAgain()
    {
        await using TestHost host = new();
        Inbox inbox = new();
        host.AddLog().AddTopic("orders").AddProducer<string, string>("orders")
            .AddHandler<string, string>(
                "orders",
                "billing",
                (record, _, _) =>
                {
                    inbox.Note(record.Value);
                    throw record.Value == "final" ? new FileNotFoundException() : new InvalidDataException();
                },
                options =>
                {
                    options.OrderBy = ProcessingOrder.Partition;
                    options.Retry.MaxAttempts = 2;
                    options.Retry.Delay = TimeSpan.Zero;
                    options.OnFailure = FailureAction.Skip;
                    options.DoNotRetry<IOException>();
                });
        await host.StartAsync();

        await ProduceAsync(host, "final", "other", "final");

        Assert.Equal(["final", "other", "other", "final"], await inbox.TakeAsync(4));
    }

    [Fact]
    public async Task Handler_ThatStopsWithAFailure_BeginsAgainWithTheSameRecord()
    {
        await using TestHost host = new();
        Inbox inbox = new();
        int attempts = 0;
        host.AddLog().AddTopic("orders").AddProducer<string, string>("orders")
            .AddHandler<string, string>(
                "orders",
                "billing",
                (record, _, _) =>
                {
                    inbox.Note(record.Value);
                    return ++attempts < 3 ? throw new InvalidDataException("no") : ValueTask.CompletedTask;
                },
                options => options.RestartDelay = TimeSpan.FromMilliseconds(1));
        await host.StartAsync();

        await ProduceAsync(host, "1", "2");

        Assert.Equal(["1", "1", "1", "2"], await inbox.TakeAsync(4));
        await UntilAsync(() => Control(host).Failure is null && Control(host).State == HandlerState.Running);
    }

    [Fact]
    public async Task Control_OfAHandler_PausesStopsAndStarts()
    {
        await using TestHost host = new();
        Inbox inbox = new();
        host.AddLog().AddTopic("orders").AddProducer<string, string>("orders")
            .AddHandler<string, string>("orders", "billing", (record, _, _) =>
            {
                inbox.Note(record.Value);
                return ValueTask.CompletedTask;
            }, options => options.AutoStart = false);
        IHandlerControl control = Control(host);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await control.StartAsync(Token));
        await host.StartAsync();
        Assert.Equal(HandlerState.Stopped, control.State);
        await ProduceAsync(host, "1");

        await control.StartAsync(Token);
        Assert.Equal(["1"], await inbox.TakeAsync(1));
        control.Pause();
        Assert.Equal(HandlerState.Paused, control.State);
        await ProduceAsync(host, "2");
        Assert.Equal(1, (await control.GetLagAsync(Token)).Records);
        control.Resume();
        Assert.Equal(["2"], await inbox.TakeAsync(1));
        await control.StopAsync(Token);
        Assert.Equal(HandlerState.Stopped, control.State);
        await ProduceAsync(host, "3");
        control.Pause();
        await control.StartAsync(Token);
        await UntilAsync(() => control.GetLagAsync(Token).AsTask().GetAwaiter().GetResult().Records == 1);
        Assert.Equal(["1", "2"], inbox.All);
        control.Resume();

        Assert.Equal(["3"], await inbox.TakeAsync(1));
        Assert.Same(control, Assert.Single(host.Services.GetServices<IHandlerControl>()));
    }

    [Fact]
    public async Task Stop_OfAHost_FinishesAndCommitsWhatIsInHand()
    {
        await using TestHost host = new();
        Inbox inbox = new();
        TaskCompletionSource release = new();
        host.AddLog().AddTopic("orders").AddProducer<string, string>("orders")
            .AddHandler<string, string>("orders", "billing", async (record, _, _) =>
            {
                inbox.Note(record.Value);
                await release.Task;
            }, options => options.CommitInterval = Timeout.InfiniteTimeSpan);
        await host.StartAsync();
        await ProduceAsync(host, "1");
        await inbox.TakeAsync(1);

        Task stopping = host.StopAsync();
        Assert.False(stopping.IsCompleted);
        release.SetResult();
        await stopping;

        await AssertCommittedAsync(host.Root, "billing", 1);
    }

    [Fact]
    public async Task Stop_OfAHostWhoseHandlerIgnoresCancellation_Ends()
    {
        await using TestHost host = new();
        host.Builder.Services.Configure<HostOptions>(
            options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(400));
        Inbox inbox = new();
        host.AddLog().AddTopic("orders").AddProducer<string, string>("orders")
            .AddHandler<string, string>("orders", "billing", async (record, _, _) =>
            {
                inbox.Note(record.Value);
                await new TaskCompletionSource().Task;
            });
        await host.StartAsync();
        await ProduceAsync(host, "1");
        await inbox.TakeAsync(1);

        await host.StopAsync();

        await AssertCommittedAsync(host.Root, "billing", null);
    }

    [Fact]
    public async Task Handlers_OfOneGroup_ReadTheirOwnTopics()
    {
        await using TestHost host = new();
        Inbox inbox = new();
        host.AddLog().AddTopic("orders").AddTopic("payments")
            .AddProducer<string, string>("orders").AddProducer<string, int>("payments")
            .AddHandler<string, string>("orders", "billing", (record, _, _) => Note($"order {record.Value}"))
            .AddHandler<string, int>(
                "payments", "billing", (record, _, _) => Note($"payment {record.Value}"), name: "payments");
        await host.StartAsync();

        await host.Get<IProducer<string, string>>().ProduceAsync("key", "a", Token);
        await host.Get<IProducer<string, int>>().ProduceAsync("key", 7, Token);

        Assert.Equal(["order a", "payment 7"], (await inbox.TakeAsync(2)).Order());

        ValueTask Note(string what)
        {
            inbox.Note(what);
            return ValueTask.CompletedTask;
        }
    }

    [Fact]
    public async Task Records_WhileTheCircuitIsOpen_WaitAndUseNoAttempt()
    {
        await using TestHost host = new();
        Inbox inbox = new();
        bool isDown = true;
        CircuitBreakerManualControl circuit = new();
        host.AddLog().AddTopic("orders").AddProducer<string, string>("orders")
            .AddHandler<string, string>(
                "orders",
                "billing",
                (record, _, _) =>
                {
                    inbox.Note(record.Value);
                    return Volatile.Read(ref isDown) ? throw new InvalidDataException("down") : ValueTask.CompletedTask;
                },
                options =>
                {
                    options.Retry.MaxAttempts = 2;
                    options.Retry.Delay = TimeSpan.Zero;
                    options.OnFailure = FailureAction.Skip;
                    options.Pipeline = new ResiliencePipelineBuilder()
                        .AddCircuitBreaker(new CircuitBreakerStrategyOptions
                        {
                            FailureRatio = 1,
                            MinimumThroughput = 2,
                            BreakDuration = TimeSpan.FromMilliseconds(500),
                            ManualControl = circuit,
                        })
                        .Build();
                });
        await circuit.IsolateAsync(Token);
        await host.StartAsync();
        await ProduceAsync(host, "1");
        await UntilAsync(() => Control(host).State == HandlerState.Running);
        Assert.Empty(inbox.All);

        Volatile.Write(ref isDown, false);
        await circuit.CloseAsync(Token);

        Assert.Equal(["1"], await inbox.TakeAsync(1));
    }

    [Fact]
    public async Task Start_WithAHandlerThatCannotBeMade_IsRefused()
    {
        await using TestHost host = new();
        host.AddLog().AddTopic("orders").AddHandler<string, string, Handler>("orders", "billing");

        InvalidOperationException thrown =
            await Assert.ThrowsAsync<InvalidOperationException>(() => host.Built.StartAsync());

        Assert.StartsWith(
            "Handler 'billing' of log 'EmbeddedLog' cannot be made", thrown.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(Inbox), thrown.Message, StringComparison.Ordinal);
    }

    private static IHandlerControl Control(TestHost host) =>
        host.Services.GetRequiredKeyedService<IHandlerControl>("billing");

    private static async Task ProduceAsync(TestHost host, params string[] values)
    {
        IProducer<string, string> producer = host.Get<IProducer<string, string>>();
        foreach (string value in values)
        {
            await producer.ProduceAsync("key", value, Token);
        }
    }

    /// <summary>What is told by no event: looked for again and again, for as long as a test may take.</summary>
    private static async Task UntilAsync(Func<bool> holds)
    {
        while (!holds())
        {
            Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private static async Task AssertCommittedAsync(string root, string group, long? next)
    {
        await using CommitLog log = await CommitLog.OpenAsync(Path.Combine(root, "log"), cancellationToken: Token);
        await using Consumer<string, string> consumer = log.CreateConsumer<string, string>("orders", group);
        long total = 0;
        bool any = false;
        foreach (TopicPartition partition in consumer.Assignment)
        {
            CommittedOffset? committed = await consumer.GetCommittedAsync(partition, Token);
            any |= committed is not null;
            total += committed?.Next.Offset ?? 0;
        }

        Assert.Equal(next, any ? total : null);
    }

    private sealed class Scoped(Inbox inbox) : IDisposable
    {
        private int _uses;

        public static int Disposed(Inbox inbox) => inbox.All.Count(each => each == "disposed");

        public int Use() => ++_uses;

        public void Dispose() => inbox.All.Enqueue("disposed");
    }

    private sealed class Handler(Inbox inbox, Scoped scoped) : IRecordHandler<string, string>
    {
        public ValueTask HandleAsync(Record<string, string> record, CancellationToken cancellationToken)
        {
            inbox.Note($"{record.Value} scope {scoped.Use()}");
            return ValueTask.CompletedTask;
        }
    }
}

using EmbeddedLog.Hosting.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace EmbeddedLog.Hosting.Tests.Opening;

public sealed class LifetimeTests
{
    [Fact]
    public async Task Log_OfAHost_IsOpenWhileHostedServicesStartAndStop()
    {
        await using TestHost host = new();
        User user = new();
        host.Builder.Services.AddHostedService(services => user.With(services));
        host.AddLog().AddTopic("orders").AddProducer<string, string>("orders");

        await host.StartAsync();
        CommitLog log = host.Get<CommitLog>();
        await host.StopAsync();

        Assert.Equal([0, 1], user.Offsets);
        Assert.Throws<ObjectDisposedException>(() => log.GetTopic("orders"));
        Assert.False(Directory.Exists(Path.Combine(host.Root, "other")));
    }

    [Fact]
    public async Task Log_WithoutAHost_IsOpenedByTheFirstAsynchronousCall()
    {
        await using TestHost root = new();
        ServiceProvider services = new ServiceCollection()
            .AddEmbeddedLog("Log", options => options.Directory = Path.Combine(root.Root, "log"))
            .AddTopic("orders")
            .AddProducer<string, string>("orders")
            .AddConsumer<string, string>("orders", "billing")
            .Services.BuildServiceProvider();
        CommitLog opened;
        await using (services)
        {
            ICommitLog log = services.GetRequiredService<ICommitLog>();
            IProducer<string, string> producer = services.GetRequiredService<IProducer<string, string>>();
            IConsumer<string, string> consumer = services.GetRequiredKeyedService<IConsumer<string, string>>("billing");
            InvalidOperationException early = Assert.Throws<InvalidOperationException>(
                () => producer.TryProduce(new ProducerRecord<string, string>("key", "value")));
            Assert.Contains("'Log' is not open yet", early.Message, StringComparison.Ordinal);
            Assert.Throws<InvalidOperationException>(() => log.CreateConsumer<string, string>("orders"));
            Assert.Throws<InvalidOperationException>(() => consumer.Assignment);
            Assert.Throws<InvalidOperationException>(services.GetRequiredService<CommitLog>);

            RecordMetadata sent = await producer.ProduceAsync("key", "value", TestContext.Current.CancellationToken);

            await foreach (Record<string, string> record in
                consumer.ReadToEndAsync(TestContext.Current.CancellationToken))
            {
                Assert.Equal(sent.Offset, record.Offset);
                await consumer.CommitAsync(record, TestContext.Current.CancellationToken);
            }

            Assert.Equal(["billing"], await log.ListGroupsAsync(TestContext.Current.CancellationToken));
            opened = services.GetRequiredService<CommitLog>();
            Assert.True(producer.TryProduce(new ProducerRecord<string, string>("key", "value")));
        }

        Assert.Throws<ObjectDisposedException>(() => opened.GetTopic("orders"));
    }

    [Fact]
    public async Task Logs_ByName_AreKeyedServices()
    {
        await using TestHost host = new();
        host.Builder.AddEmbeddedLog("A", options => options.Directory = "a")
            .AddTopic("orders").AddProducer<string, string>("orders");
        host.Builder.AddEmbeddedLog("B", options => options.Directory = "b")
            .AddTopic("orders").AddTopic("payments")
            .AddProducer<string, string>("orders").AddProducer<string, string>("payments");
        await host.StartAsync();

        await Produce("A:orders");
        await Produce("B:orders");
        await Produce("payments");

        Assert.Equal(1, End("A", "orders"));
        Assert.Equal(1, End("B", "orders"));
        Assert.Equal(1, End("B", "payments"));
        InvalidOperationException several = Assert.Throws<InvalidOperationException>(host.Get<ICommitLog>);
        Assert.Contains("[FromKeyedServices(\"A\")]", several.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(host.Get<IProducer<string, string>>);
        Assert.Throws<InvalidOperationException>(
            () => host.Services.GetRequiredKeyedService<IProducer<string, string>>("orders"));

        async Task Produce(string key) =>
            await host.Services.GetRequiredKeyedService<IProducer<string, string>>(key).ProduceAsync("key", "value");

        long End(string log, string topic) =>
            host.Services.GetRequiredKeyedService<CommitLog>(log).GetTopic(topic)[0].EndOffset;
    }

    [Fact]
    public async Task Start_OfTwoLogsInOneDirectory_IsRefused()
    {
        await using TestHost host = new();
        host.Builder.AddEmbeddedLog("A", options => options.Directory = "same");
        host.Builder.AddEmbeddedLog("B", options => options.Directory = "./same");

        InvalidOperationException thrown =
            await Assert.ThrowsAsync<InvalidOperationException>(() => host.Built.StartAsync());

        Assert.Contains("'A' and 'B' have the same directory", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WithAnUnknownTopic_NamesWhoUsesIt()
    {
        await using TestHost host = new();
        host.AddLog().AddTopic("orders")
            .AddHandler<string, string>("order", "billing", (_, _, _) => ValueTask.CompletedTask);

        InvalidOperationException thrown =
            await Assert.ThrowsAsync<InvalidOperationException>(() => host.Built.StartAsync());

        Assert.Contains("Handler 'billing' of log 'EmbeddedLog'", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("'orders'", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WhileAnotherLogOwnsTheDirectory_WaitsForIt()
    {
        await using TestHost first = new();
        first.AddLog();
        await first.StartAsync();
        await using TestHost second = new(first.Root);
        second.AddLog();

        Task starting = second.Built.StartAsync(TestContext.Current.CancellationToken);
        Assert.False(starting.IsCompleted);
        await first.StopAsync();
        await starting;

        Assert.Empty(second.Get<CommitLog>().Topics);
    }

    private sealed class User : IHostedService
    {
        private IProducer<string, string>? _producer;

        public List<long> Offsets { get; } = [];

        public User With(IServiceProvider services)
        {
            _producer = services.GetRequiredService<IProducer<string, string>>();
            return this;
        }

        public Task StartAsync(CancellationToken cancellationToken) => ProduceAsync();

        public Task StopAsync(CancellationToken cancellationToken) => ProduceAsync();

        private async Task ProduceAsync() => Offsets.Add((await _producer!.ProduceAsync("key", "value")).Offset);
    }
}

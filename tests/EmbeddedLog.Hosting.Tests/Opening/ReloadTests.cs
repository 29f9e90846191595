using EmbeddedLog.Hosting.Tests.Infrastructure;
using Microsoft.Extensions.Configuration;

namespace EmbeddedLog.Hosting.Tests.Opening;

public sealed class ReloadTests
{
    [Fact]
    public async Task Options_ThatChange_AreThoseOfTheRunningLog()
    {
        await using TestHost host = new();
        TaskCompletionSource release = new();
        Inbox inbox = new();
        host.AddLog(("EmbeddedLog:Topics:orders:Partitions", "1"), ("EmbeddedLog:Handlers:billing:MaxParallelism", "1"))
            .AddProducer<string, string>("orders")
            .AddHandler<string, string>("orders", "billing", (record, _, _) =>
            {
                inbox.Note(record.Value);
                return new ValueTask(release.Task);
            }, options => options.DrainTimeout = TimeSpan.Zero);
        await host.StartAsync();
        foreach (string value in (string[])["1", "2"])
        {
            await host.Get<IProducer<string, string>>().ProduceAsync(value, value);
        }

        Assert.Equal(["1"], await inbox.TakeAsync(1));
        Change(
            host,
            ("EmbeddedLog:Topics:orders:Retention:MaxAge", "1.00:00:00"),
            ("EmbeddedLog:Handlers:billing:MaxParallelism", "2"));

        Assert.Equal(["1", "2"], (await inbox.TakeAsync(2)).Order());
        Assert.Equal(TimeSpan.FromDays(1), host.Get<CommitLog>().GetTopic("orders").Options.Retention.MaxAge);
        release.SetResult();
    }

    [Fact]
    public async Task Options_ThatBecomeInvalid_ChangeNothing()
    {
        await using TestHost host = new();
        host.AddLog(("EmbeddedLog:Topics:orders:Partitions", "1"))
            .AddProducer<string, string>("orders")
            .AddHandler<string, string>("orders", "billing", (_, _, _) => ValueTask.CompletedTask);
        await host.StartAsync();

        Exception? thrown = Record.Exception(() => Change(
            host,
            ("EmbeddedLog:Topics:orders:Retention:MaxAge", "1.00:00:00"),
            ("EmbeddedLog:Handlers:billing:MaxParallelism", "none")));

        // The configuration tells it whoever has the options' monitor; the log goes on as before.
        Assert.True(thrown is null or AggregateException);
        Assert.Equal(TimeSpan.FromDays(7), host.Get<CommitLog>().GetTopic("orders").Options.Retention.MaxAge);
        Assert.Equal(HandlerState.Running, host.Get<IHandlerControl>().State);
        await host.Get<IProducer<string, string>>().ProduceAsync("key", "value");
    }

    private static void Change(TestHost host, params (string Key, string Value)[] values)
    {
        foreach ((string key, string value) in values)
        {
            host.Builder.Configuration[key] = value;
        }

        ((IConfigurationRoot)host.Builder.Configuration).Reload();
    }
}

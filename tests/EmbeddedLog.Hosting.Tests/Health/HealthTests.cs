using EmbeddedLog.Hosting.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace EmbeddedLog.Hosting.Tests.Health;

public sealed class HealthTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Checks_OfALogThatIsNotOpen_AreLiveAndNotReady()
    {
        await using TestHost host = new();
        host.AddLog();

        HealthReport report = await CheckAsync(host);

        Assert.Equal(HealthStatus.Healthy, report.Entries["EmbeddedLog_live"].Status);
        Assert.Equal(HealthStatus.Unhealthy, report.Entries["EmbeddedLog_ready"].Status);
        Assert.Equal(["live", "embeddedlog"], report.Entries["EmbeddedLog_live"].Tags);
        Assert.Contains("not open yet", report.Entries["EmbeddedLog_ready"].Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ready_OfAHandlerThatWasPaused_IsDegraded()
    {
        await using TestHost host = new();
        host.AddLog().AddTopic("orders").AddProducer<string, string>("orders")
            .AddHandler<string, string>("orders", "billing", (_, _, _) => ValueTask.CompletedTask);
        await host.StartAsync();
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(host)).Status);

        host.Get<IHandlerControl>().Pause();
        HealthReport paused = await CheckAsync(host);
        host.Get<IHandlerControl>().Resume();

        Assert.Equal(HealthStatus.Degraded, paused.Status);
        Assert.Equal("Handler 'billing' is Paused.", paused.Entries["EmbeddedLog_ready"].Description);
        Assert.Equal("Paused", paused.Entries["EmbeddedLog_ready"].Data["handler.billing"]);
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(host)).Status);
    }

    [Fact]
    public async Task Ready_OfAHandlerThatHasFailed_IsUnhealthyAndSaysWhy()
    {
        await using TestHost host = new();
        TaskCompletionSource called = new();
        host.AddLog().AddTopic("orders").AddProducer<string, string>("orders")
            .AddHandler<string, string>("orders", "billing", (_, _, _) =>
            {
                called.TrySetResult();
                throw new InvalidDataException("bad order");
            }, options => options.RestartDelay = TimeSpan.FromMinutes(5));
        await host.StartAsync();
        await host.Get<IProducer<string, string>>().ProduceAsync("key", "value", Token);
        await called.Task;
        while (host.Get<IHandlerControl>().State != HandlerState.Failed)
        {
            await Task.Yield();
        }

        HealthReportEntry ready = (await CheckAsync(host)).Entries["EmbeddedLog_ready"];

        Assert.Equal(HealthStatus.Unhealthy, ready.Status);
        Assert.Equal("Handler 'billing' has failed: bad order", ready.Description);
    }

    [Fact]
    public async Task Ready_OfAHandlerThatIsBehindOrADiskThatIsFull_IsUnhealthy()
    {
        await using TestHost host = new();
        TaskCompletionSource release = new();
        host.AddLog(("EmbeddedLog:Health:MinFreeBytes", $"{long.MaxValue}"))
            .AddTopic("orders").AddProducer<string, string>("orders")
            .AddHandler<string, string>(
                "orders", "billing", (_, _, _) => new ValueTask(release.Task), options => options.MaxLag = 1);
        await host.StartAsync();
        for (int i = 0; i < 3; i++)
        {
            await host.Get<IProducer<string, string>>().ProduceAsync("key", "value", Token);
        }

        HealthReportEntry ready = (await CheckAsync(host)).Entries["EmbeddedLog_ready"];
        release.SetResult();

        Assert.Equal(HealthStatus.Unhealthy, ready.Status);
        Assert.Contains(
            "Handler 'billing' is 3 records behind, more than 1.", ready.Description, StringComparison.Ordinal);
        Assert.Contains("bytes free", ready.Description, StringComparison.Ordinal);
        Assert.Equal(3L, ready.Data["handler.billing.lag"]);
    }

    [Fact]
    public async Task Checks_ThatAreDisabled_AreNotThere()
    {
        await using TestHost host = new();
        host.AddLog().DisableHealthChecks();

        Assert.Empty((await CheckAsync(host)).Entries);
    }

    private static Task<HealthReport> CheckAsync(TestHost host) =>
        host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Token);
}

using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace EmbeddedLog.Hosting.Tests.Infrastructure;

/// <summary>A host with a content root of its own, which is removed with it.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    private readonly bool _isOwner;
    private IHost? _host;
    private bool _isStopped;

    /// <param name="root">The content root; null for one of its own.</param>
    public TestHost(string? root = null)
    {
        _isOwner = root is null;
        Root = root ?? Directory.CreateTempSubdirectory("embeddedlog-").FullName;
        Builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = Root });
        Builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(20));
    }

    public string Root { get; }

    public HostApplicationBuilder Builder { get; }

    /// <summary>The host, built at its first use.</summary>
    public IHost Built => _host ??= Builder.Build();

    public IServiceProvider Services => Built.Services;

    /// <summary>Adds a log in the content root, and configuration.</summary>
    public EmbeddedLogBuilder AddLog(params (string Key, string? Value)[] configuration)
    {
        Configure(configuration);
        return Builder.AddEmbeddedLog("EmbeddedLog", options => options.Directory ??= "log");
    }

    public void Configure(params (string Key, string? Value)[] configuration) =>
        Builder.Configuration.AddInMemoryCollection(
            configuration.Select(each => KeyValuePair.Create(each.Key, each.Value)));

    public async Task<TestHost> StartAsync()
    {
        await Built.StartAsync();
        return this;
    }

    public async Task StopAsync()
    {
        _isStopped = true;
        await Built.StopAsync(TestContext.Current.CancellationToken);
    }

    public T Get<T>()
        where T : notnull => Services.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            if (!_isStopped)
            {
                await _host.StopAsync();
            }

            await ((IAsyncDisposable)_host).DisposeAsync();
        }

        if (_isOwner)
        {
            Directory.Delete(Root, recursive: true);
        }
    }
}

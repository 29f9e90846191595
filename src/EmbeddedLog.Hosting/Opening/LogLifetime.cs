using EmbeddedLog.Hosting.Handlers;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EmbeddedLog.Hosting.Opening;

/// <summary>
/// Opens all logs before hosted services start, starts the handlers when they have, stops the handlers first, and
/// closes
/// the logs when hosted services have stopped.
/// </summary>
/// <param name="logs">The logs.</param>
/// <param name="handlers">The handlers.</param>
/// <param name="host">The host's options, for its timeout.</param>
/// <param name="services">Gives the configuration.</param>
/// <param name="logger">Tells what fails at the end.</param>
internal sealed class LogLifetime(
    IEnumerable<LogHolder> logs,
    IEnumerable<HandlerRunner> handlers,
    IOptions<HostOptions> host,
    IServiceProvider services,
    ILogger<LogLifetime> logger) : IHostedLifecycleService, IDisposable
{
    private readonly LogHolder[] _logs = [.. logs];
    private readonly HandlerRunner[] _handlers = [.. handlers];

    /// <summary>Set by the start.</summary>
    private LogReload? _reload;

    /// <summary>The rest of the host's time is for commits, and for closing.</summary>
    private TimeSpan LongestDrain => host.Value.ShutdownTimeout == Timeout.InfiniteTimeSpan
        ? TimeSpan.MaxValue
        : host.Value.ShutdownTimeout * 0.75;

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        ThrowIfShared();
        foreach (LogHolder log in _logs)
        {
            await log.OpenAsync(cancellationToken).ConfigureAwait(false);
        }

        foreach (HandlerRunner handler in _handlers)
        {
            handler.Check();
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        foreach (HandlerRunner handler in _handlers)
        {
            await handler.BeginAsync(LongestDrain, cancellationToken).ConfigureAwait(false);
        }

        _reload = new LogReload(_logs, _handlers, services, logger);
        _reload.Start();
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _reload?.Dispose();
        Task all = Task.WhenAll(_handlers.Select(handler => handler.EndAsync()));
        await WaitAsync(all, cancellationToken).ConfigureAwait(false);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        Task all = Task.WhenAll(_logs.Select(CloseAsync));
        await WaitAsync(all, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => _reload?.Dispose();

    /// <summary>The host's end never hangs on something of ours: what was acknowledged is safe without it.</summary>
    private async Task WaitAsync(Task ending, CancellationToken cancellationToken)
    {
        try
        {
            await ending.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            HostingLog.NotInTime(logger);
        }
    }

    private async Task CloseAsync(LogHolder log)
    {
        try
        {
            await log.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is EmbeddedLogException or AggregateException)
        {
            HostingLog.NotClosed(logger, failure, log.Name);
        }
    }

    private void ThrowIfShared()
    {
        StringComparer paths = OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;
        if (_logs.GroupBy(log => log.Path, paths).FirstOrDefault(same => same.Count() > 1) is { } shared)
        {
            throw new InvalidOperationException(
                $"The logs {string.Join(" and ", shared.Select(log => $"'{log.Name}'"))} have the same directory, "
                + $"'{shared.Key}': give each log its own, at "
                + $"{string.Join(" and ", shared.Select(log => $"{log.Name}:Directory"))}.");
        }
    }
}

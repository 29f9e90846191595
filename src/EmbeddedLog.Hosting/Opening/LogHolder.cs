using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EmbeddedLog.Hosting.Opening;

/// <summary>
/// One log of the services: opened once, by the host's start or by the first asynchronous call, and closed once, by the
/// host's end or by the disposal of the services.
/// </summary>
/// <param name="registration">What the code has said of it.</param>
/// <param name="services">The services.</param>
/// <param name="factory">Makes options.</param>
internal sealed class LogHolder(
    LogRegistration registration, IServiceProvider services, IOptionsFactory<EmbeddedLogOptions> factory)
    : IAsyncDisposable, IDisposable
{
    /// <summary>One opening or closing at a time.</summary>
    private readonly SemaphoreSlim _gate = new(1);

    /// <summary>Written once, under the gate; read by everyone.</summary>
    private CommitLog? _log;

    /// <summary>Replaced as a whole; read by everyone.</summary>
    private EmbeddedLogOptions? _options;

    /// <summary>Written once; the directory of an open log does not change.</summary>
    private string? _path;

    /// <summary>Written once, under the gate.</summary>
    private bool _isClosed;

    /// <summary>The name of the log.</summary>
    public string Name => registration.Name;

    /// <summary>What the code has said of it.</summary>
    public LogRegistration Registration => registration;

    /// <summary>
    /// The last options that were valid. Not those of the options' monitor: after a fault in a changed file that has
    /// none.
    /// </summary>
    /// <exception cref="OptionsValidationException">They are not valid, and never were.</exception>
    public EmbeddedLogOptions Options => Volatile.Read(ref _options) ?? Reload();

    /// <summary>The open log.</summary>
    /// <exception cref="InvalidOperationException">It is not open yet.</exception>
    public CommitLog Opened => TryGet(out CommitLog? log)
        ? log
        : throw new InvalidOperationException(
            $"The log '{Name}' is not open yet. The host opens it before hosted services start; without a host, or "
            + "before that, await an asynchronous member first, such as ListTopicsAsync.");

    /// <summary>The full path of the directory.</summary>
    public string Path => _path ??= System.IO.Path.GetFullPath(
        Options.Directory!,
        services.GetService<IHostEnvironment>()?.ContentRootPath is { Length: > 0 } root
            ? System.IO.Path.GetFullPath(root)
            : Environment.CurrentDirectory);

    /// <summary>
    /// Takes the present configuration, which it returns, or throws and leaves the options as they are.
    /// </summary>
    /// <exception cref="OptionsValidationException">It is not valid.</exception>
    public EmbeddedLogOptions Reload()
    {
        EmbeddedLogOptions made = factory.Create(Name);
        Volatile.Write(ref _options, made);
        return made;
    }

    /// <summary>The log, if it is open.</summary>
    public bool TryGet([NotNullWhen(true)] out CommitLog? log) => (log = Volatile.Read(ref _log)) is not null;

    /// <summary>The log, opened if it is not yet. After a failure the next call tries again.</summary>
    public ValueTask<CommitLog> OpenAsync(CancellationToken cancellationToken) =>
        TryGet(out CommitLog? log) ? new ValueTask<CommitLog>(log) : OpenSlowAsync(cancellationToken);

    /// <summary>Closes the log; it opens no more.</summary>
    public async ValueTask DisposeAsync()
    {
        if (await TryEndAsync().ConfigureAwait(false) is { } log)
        {
            await log.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => TryEndAsync().AsTask().GetAwaiter().GetResult()?.Dispose();

    private async ValueTask<CommitLog?> TryEndAsync()
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            CommitLog? log = _isClosed ? null : _log;
            _isClosed = true;
            return log;
        }
        finally
        {
            _gate.Release();
        }
    }

    private async ValueTask<CommitLog> OpenSlowAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(CommitLog));
            if (_log is null)
            {
                Volatile.Write(ref _log, await OpenNewAsync(cancellationToken).ConfigureAwait(false));
            }

            return _log;
        }
        finally
        {
            _gate.Release();
        }
    }

    private async ValueTask<CommitLog> OpenNewAsync(CancellationToken cancellationToken)
    {
        EmbeddedLogOptions valid = Options;
        CommitLogOptions opening = valid.ToCommitLogOptions();
        opening.LoggerFactory = services.GetService<ILoggerFactory>();
        opening.TimeProvider = services.GetService<TimeProvider>() ?? TimeProvider.System;
        CommitLog log = await CommitLog.OpenAsync(Path, opening, cancellationToken).ConfigureAwait(false);
        try
        {
            foreach ((string topic, TopicOptions wanted) in valid.Topics)
            {
                await log.EnsureTopicAsync(topic, wanted, cancellationToken).ConfigureAwait(false);
            }

            foreach ((string topic, string user) in registration.UsedTopics)
            {
                ThrowIfUnknown(log, topic, user);
            }

            return log;
        }
        catch
        {
            await log.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private void ThrowIfUnknown(CommitLog log, string topic, string user)
    {
        try
        {
            log.GetTopic(topic);
        }
        catch (UnknownTopicException unknown)
        {
            throw new InvalidOperationException(
                $"{user} of log '{Name}' uses a topic that is not there: {unknown.Message} "
                + $"Add it with AddTopic, or in the configuration as {Name}:Topics:{topic}.",
                unknown);
        }
    }
}

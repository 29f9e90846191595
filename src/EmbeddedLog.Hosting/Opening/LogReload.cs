using EmbeddedLog.Hosting.Handlers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace EmbeddedLog.Hosting.Opening;

/// <summary>
/// Applies a changed configuration to open logs: the options of topics, as far as they can be changed, and those of
/// handlers. A configuration that is not valid changes nothing.
/// </summary>
/// <param name="logs">The logs.</param>
/// <param name="handlers">The handlers.</param>
/// <param name="services">Gives the configuration.</param>
/// <param name="logger">Tells what has changed.</param>
internal sealed class LogReload(
    LogHolder[] logs, HandlerRunner[] handlers, IServiceProvider services, ILogger logger) : IDisposable
{
    private readonly List<IDisposable> _watches = [];

    /// <summary>One change at a time.</summary>
    private readonly SemaphoreSlim _gate = new(1);

    /// <summary>Begins to watch.</summary>
    public void Start()
    {
        foreach (LogHolder log in logs)
        {
            if (log.Registration.FindSection(services) is { } section)
            {
                _watches.Add(ChangeToken.OnChange(section.GetReloadToken, () => _ = ApplyAsync(log)));
            }
        }
    }

    /// <summary>Applies the present configuration of a log.</summary>
    public async Task ApplyAsync(LogHolder log)
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            EmbeddedLogOptions before = log.Options;
            EmbeddedLogOptions now = log.Reload();
            await ApplyTopicsAsync(log, before, now).ConfigureAwait(false);
            foreach (HandlerRunner handler in handlers.Where(each => each.Log == log.Name))
            {
                if (!now.Handlers[handler.Name].IsSameAs(before.Handlers[handler.Name]))
                {
                    handler.Reload();
                }
            }
        }
        catch (ObjectDisposedException)
        {
            // The host is stopping.
        }
        catch (Exception failure) when (
            failure is OptionsValidationException or EmbeddedLogException or ArgumentException)
        {
            HostingLog.NotChanged(logger, failure, log.Name);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _watches.ForEach(watch => watch.Dispose());

    private async Task ApplyTopicsAsync(LogHolder log, EmbeddedLogOptions before, EmbeddedLogOptions now)
    {
        foreach ((string topic, TopicOptions wanted) in now.Topics)
        {
            if (before.Topics.TryGetValue(topic, out TopicOptions? old) && IsSame(old, wanted))
            {
                continue;
            }

            await log.Opened.EnsureTopicAsync(topic, wanted).ConfigureAwait(false);
            HostingLog.TopicChanged(logger, topic, log.Name);
        }
    }

    private static bool IsSame(TopicOptions one, TopicOptions other) =>
        one.Partitions == other.Partitions
        && one.Retention == other.Retention
        && one.SegmentBytes == other.SegmentBytes
        && one.SegmentAge == other.SegmentAge
        && one.MaxRecordBytes == other.MaxRecordBytes
        && one.FlushInterval == other.FlushInterval
        && one.WriteMode == other.WriteMode
        && one.TimestampType == other.TimestampType
        && one.MaxTimestampAhead == other.MaxTimestampAhead;
}

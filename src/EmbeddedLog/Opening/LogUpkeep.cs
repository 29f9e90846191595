using EmbeddedLog.Concurrency;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Coordination.Administration;
using EmbeddedLog.Coordination.Groups;
using EmbeddedLog.Maintenance.Retention;
using EmbeddedLog.Maintenance.Verification;

namespace EmbeddedLog.Opening;

/// <summary>
/// What a log does by itself now and then: retention, of records and of offsets, and the scrub where the options ask
/// for one.
/// </summary>
internal sealed class LogUpkeep
{
    private readonly ScrubTask? _scrub;
    private readonly OffsetExpiry _expiry;
    private readonly bool _retainsAtOpening;

    public LogUpkeep(OpenedLog log, GroupCoordinator groups, CommitLogOptions options)
    {
        LogParts parts = log.Parts;
        _expiry = new OffsetExpiry(
            log.Offsets, groups, parts.Background, parts.Platform.Time, options.OffsetsRetention, parts.Logger);
        _retainsAtOpening = options.RetainsAtOpening;
        Retention = new RetentionTask(
            parts.Segments,
            parts.Background,
            parts.Watch,
            parts.Logger,
            options.RetentionCheckInterval,
            () => log.Topics.Partitions,
            log.Offsets.Log,
            log.Store.Debris.Retry);
        _scrub = options.ScrubBytesPerSecond is { } rate
            ? new ScrubTask(
                parts.Platform,
                parts.Background,
                parts.Logger,
                log.Directory,
                log.GetVerifyTargets,
                rate,
                options.ScrubInterval)
            : null;
    }

    /// <summary>Removes what retention no longer keeps.</summary>
    public RetentionTask Retention { get; }

    /// <summary>The last round of the scrub that came to its end.</summary>
    public ScrubReport? LastScrub => _scrub?.Last;

    /// <summary>Begins.</summary>
    public void Start()
    {
        Retention.Start(_retainsAtOpening);
        _expiry.Start();
        _scrub?.Start();
    }

    /// <summary>Ends all of it, and waits for what is under way.</summary>
    public async ValueTask StopAsync(ClosingSteps steps, WaitMode how)
    {
        await steps.DoAsync(() => Retention.StopAsync(how)).ConfigureAwait(false);
        if (_scrub is not null)
        {
            await steps.DoAsync(() => _scrub.StopAsync(how)).ConfigureAwait(false);
        }
    }
}

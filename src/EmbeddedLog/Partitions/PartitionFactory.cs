using EmbeddedLog.Concurrency;
using EmbeddedLog.Concurrency.Waiters;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Files;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions.Appending;
using EmbeddedLog.Partitions.Flushing;
using EmbeddedLog.Partitions.Recovery;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Segments.Reading;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Partitions;

/// <summary>Recovers and opens the partitions of one log, and gives each the objects that all share.</summary>
internal sealed class PartitionFactory
{
    private readonly SegmentResources _segments;
    private readonly ObjectPool<AsyncWaiter> _waiters;
    private readonly FlushQueue _flushes;
    private readonly BackgroundSchedule _background;
    private readonly AppendClock _clock;
    private readonly ControlFile _control;
    private readonly DirectoryWatch? _watch;
    private readonly SessionState _session;
    private readonly ForeignNames _foreign;
    private readonly ILogger _logger;

    /// <param name="segments">The objects that all segments share.</param>
    /// <param name="waiters">Makes waiters.</param>
    /// <param name="flushes">Decides when and where partitions are flushed.</param>
    /// <param name="background">Calls partitions back later.</param>
    /// <param name="control">Publishes the partitions' ends for other processes.</param>
    /// <param name="watch">Watches the log's directory; null without a log around the partitions.</param>
    /// <param name="session">The state in which the last owner left the log.</param>
    /// <param name="foreign">Collects the foreign names that the opening finds.</param>
    /// <param name="logger">Logs recoveries and failures.</param>
    public PartitionFactory(
        SegmentResources segments,
        ObjectPool<AsyncWaiter> waiters,
        FlushQueue flushes,
        BackgroundSchedule background,
        ControlFile control,
        DirectoryWatch? watch,
        SessionState session,
        ForeignNames foreign,
        ILogger logger)
    {
        _segments = segments;
        _waiters = waiters;
        _flushes = flushes;
        _background = background;
        _clock = new AppendClock(segments.Platform.Time);
        _control = control;
        _watch = watch;
        _session = session;
        _foreign = foreign;
        _logger = logger;
    }

    /// <summary>Opens a partition, or makes an empty one in its directory, which must exist.</summary>
    /// <param name="identity">The partition.</param>
    /// <param name="settings">Its topic's settings.</param>
    /// <param name="isNew">Whether it was just made, so that the list of the last clean close does not have it.</param>
    /// <exception cref="CorruptLogException">There is damage that no crash can explain.</exception>
    /// <exception cref="UnsupportedFormatException">A newer version wrote it.</exception>
    /// <exception cref="FileSystemException">The file system failed.</exception>
    public PartitionLog Open(PartitionIdentity identity, PartitionSettings settings, bool isNew = false) => Open(
        identity, settings, isNew ? _session with { Closed = null } : _session, _clock, appendsUnderLocks: false);

    /// <summary>
    /// Opens a partition of a log that opens whatever is wrong with one partition: a damaged one is there, and fails
    /// each use. <see cref="PartitionLog.KeepDamage"/> must make that durable before the log is used.
    /// </summary>
    /// <param name="identity">The partition.</param>
    /// <param name="settings">Its topic's settings.</param>
    /// <param name="explain">Adds to a failure what the log's directory tells about it.</param>
    /// <exception cref="UnsupportedFormatException">A newer version wrote it.</exception>
    /// <exception cref="FileSystemException">The file system failed.</exception>
    public PartitionLog OpenOrFail(
        PartitionIdentity identity, PartitionSettings settings, Func<CorruptLogException, CorruptLogException> explain)
    {
        if (DamageFile.FindError(_segments.Platform.Files, identity) is { } known)
        {
            // Not looked at again: what told the damage may have moved on, and a salvage judges it by its mark.
            return Fail(identity, settings, new FoundDamage(known, null));
        }

        try
        {
            return Open(identity, settings);
        }
        catch (CorruptLogException damage)
        {
            return Fail(identity, settings, explain(damage));
        }
        catch (FileSystemException failure) when (failure.Error == FileSystemError.NotFound)
        {
            return Fail(identity, settings, explain((CorruptLogException)FileErrors.Translate(failure, identity.Id)));
        }
    }

    /// <summary>The same for a partition that is appended to under locks, with a time that may be read there.</summary>
    public PartitionLog OpenForAppendsUnderLocks(
        PartitionIdentity identity, PartitionSettings settings, AppendClock clock) =>
        Open(identity, settings, _session, clock, appendsUnderLocks: true);

    private PartitionLog Fail(PartitionIdentity identity, PartitionSettings settings, CorruptLogException found)
    {
        long now = _segments.Platform.Time.GetUtcNow().ToUnixTimeMilliseconds();
        DamageMark mark = DamageFile.Describe(identity, _session, found, now);
        return Fail(identity, settings, new FoundDamage(DamageFile.ToException(identity, mark, found), mark));
    }

    private PartitionLog Fail(PartitionIdentity identity, PartitionSettings settings, FoundDamage damage) => Make(
        identity, settings, RecoveredPartition.Damaged(identity.Id, damage), _clock, appendsUnderLocks: false);

    private PartitionLog Open(
        PartitionIdentity identity,
        PartitionSettings settings,
        SessionState session,
        AppendClock clock,
        bool appendsUnderLocks) => Make(
            identity,
            settings,
            PartitionRecovery.Open(_segments, session, _foreign, _logger, identity, settings),
            clock,
            appendsUnderLocks);

    private PartitionLog Make(
        PartitionIdentity identity,
        PartitionSettings settings,
        RecoveredPartition recovered,
        AppendClock clock,
        bool appendsUnderLocks) => new(
            identity,
            settings,
            recovered,
            _segments,
            _waiters,
            _flushes,
            _background,
            clock,
            _control,
            _watch,
            _logger,
            appendsUnderLocks);
}

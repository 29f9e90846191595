using EmbeddedLog.Concurrency;
using EmbeddedLog.Concurrency.Waiters;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Files;
using EmbeddedLog.Files.Storing;
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

    /// <summary>The same for a partition that is appended to under locks, with a time that may be read there.</summary>
    public PartitionLog OpenForAppendsUnderLocks(
        PartitionIdentity identity, PartitionSettings settings, AppendClock clock) =>
        Open(identity, settings, _session, clock, appendsUnderLocks: true);

    private PartitionLog Open(
        PartitionIdentity identity,
        PartitionSettings settings,
        SessionState session,
        AppendClock clock,
        bool appendsUnderLocks) => new(
            identity,
            settings,
            PartitionRecovery.Open(_segments, session, _foreign, _logger, identity, settings),
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

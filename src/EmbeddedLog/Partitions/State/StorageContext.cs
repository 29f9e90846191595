using EmbeddedLog.Concurrency;
using EmbeddedLog.Concurrency.Waiters;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Files;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions.Appending;
using EmbeddedLog.Partitions.Flushing;
using EmbeddedLog.Segments.Reading;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Partitions.State;

/// <summary>What all partitions of an open log share.</summary>
/// <param name="Platform">The seam to the system.</param>
/// <param name="Readers">Decides when memory can be unmapped.</param>
/// <param name="OpenSegments">Bounds the mapped segments.</param>
/// <param name="Waiters">Makes waiters.</param>
/// <param name="Background">Calls partitions that have something to do later.</param>
/// <param name="Session">How the log was left by its last owner.</param>
/// <param name="Logger">Where recoveries and failures are told.</param>
internal sealed record StorageContext(
    Platform Platform,
    ReaderEpochs Readers,
    OpenSegments OpenSegments,
    AsyncWaiterPool Waiters,
    BackgroundSchedule Background,
    SessionState Session,
    ILogger Logger)
{
    /// <summary>What the segments share.</summary>
    public SegmentResources Segments { get; } =
        new(Platform, Readers, OpenSegments, new QueuedLogger(Logger, Platform.Work));

    /// <summary>Where that is told which is found under a lock.</summary>
    public ILogger LoggerUnderLock => Segments.LoggerUnderLock;

    /// <summary>The time that appends take.</summary>
    public AppendClock Clock { get; init; } = new(Platform.Time);

    /// <summary>
    /// Whether appends are made under locks of those who append: then what calls the clock's timer is left to the work
    /// queue.
    /// </summary>
    public bool AppendsUnderLocks { get; init; }

    /// <summary>Bounds the memory of what is loaded to find offsets in segments that are only read.</summary>
    public LoadedIndexes Indexes => Segments.Indexes;

    /// <summary>What leases keep of segments that are gone.</summary>
    public RemovedSegments Removed => Segments.Removed;

    /// <summary>The partitions that are to be flushed; each by itself where nothing else is said.</summary>
    public FlushQueue Flushes { get; init; } = new(Platform, int.MaxValue);

    /// <summary>What the opening finds in the log's directories that is not the log's.</summary>
    public ForeignNames Foreign { get; } = new();

    /// <summary>Notices what becomes of the log's directory; null where there is no log around them.</summary>
    public DirectoryWatch? Watch { get; init; }

    /// <summary>What tells other processes how far the partitions are.</summary>
    public ControlFile Control { get; init; } = ControlFile.None;

    /// <summary>Has a partition called back that was appended to.</summary>
    public void ScheduleAfterAppend(IBackgroundTask partition, TimeSpan delay)
    {
        if (AppendsUnderLocks)
        {
            Background.ScheduleUnderLock(partition, delay);
        }
        else
        {
            Background.Schedule(partition, delay);
        }
    }
}

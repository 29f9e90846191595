using EmbeddedLog.Concurrency;
using EmbeddedLog.Concurrency.Waiters;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Files;
using EmbeddedLog.IO;
using EmbeddedLog.Segments.Reading;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Opening;

/// <summary>
/// The parts of a log. Only the opening and the log itself have this; everything below gets the parts that it uses.
/// </summary>
/// <param name="Segments">The system, and the objects that all segments share.</param>
/// <param name="Waiters">Makes waiters.</param>
/// <param name="Background">Calls tasks back later.</param>
/// <param name="Watch">Notices a removed or replaced directory.</param>
/// <param name="Logger">The log's logger.</param>
internal sealed record LogParts(
    SegmentResources Segments,
    ObjectPool<AsyncWaiter> Waiters,
    BackgroundSchedule Background,
    DirectoryWatch Watch,
    ILogger Logger)
{
    /// <summary>The seam to the system.</summary>
    public Platform Platform => Segments.Platform;

    /// <summary>Makes the parts for a log in a directory.</summary>
    public static LogParts Create(Platform platform, string path, int maxOpenSegments, ILogger logger) => new(
        new SegmentResources(
            platform, new ReaderEpochs(), new OpenSegments(maxOpenSegments), new QueuedLogger(logger, platform.Work)),
        AsyncWaiter.CreatePool(platform.Work),
        new BackgroundSchedule(platform.Work, platform.Time),
        new DirectoryWatch(platform.Files, path),
        logger);
}

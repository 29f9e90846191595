using EmbeddedLog.Concurrency;
using EmbeddedLog.Concurrency.Waiters;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Files;
using EmbeddedLog.IO;
using EmbeddedLog.Segments.Reading;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Opening;

/// <summary>
/// What a log is put together from. It is known where that is done, and to the log itself, but to nothing below: each
/// is handed what it uses.
/// </summary>
/// <param name="Segments">The system, and what all segments share.</param>
/// <param name="Waiters">Makes waiters.</param>
/// <param name="Background">Calls what has something to do later.</param>
/// <param name="Watch">Notices what becomes of the log's directory.</param>
/// <param name="Logger">Where the log tells what happens.</param>
internal sealed record LogParts(
    SegmentResources Segments,
    ObjectPool<AsyncWaiter> Waiters,
    BackgroundSchedule Background,
    DirectoryWatch Watch,
    ILogger Logger)
{
    /// <summary>The seam to the system.</summary>
    public Platform Platform => Segments.Platform;

    /// <summary>Makes them for a log in a directory.</summary>
    public static LogParts Create(Platform platform, string path, int maxOpenSegments, ILogger logger) => new(
        new SegmentResources(
            platform, new ReaderEpochs(), new OpenSegments(maxOpenSegments), new QueuedLogger(logger, platform.Work)),
        AsyncWaiter.CreatePool(platform.Work),
        new BackgroundSchedule(platform.Work, platform.Time),
        new DirectoryWatch(platform.Files, path),
        logger);
}

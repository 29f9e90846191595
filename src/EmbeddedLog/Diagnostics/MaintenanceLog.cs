using EmbeddedLog.Validation;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Diagnostics;

// Values that are not in the text are for loggers that keep values.
#pragma warning disable SYSLIB1015

/// <summary>All log lines of maintenance. Durations and sizes are readable in the text, and values beside it.</summary>
internal static partial class MaintenanceLog
{
    [LoggerMessage(100, LogLevel.Warning, "Retention of partition {Partition} failed; the next round tries again.")]
    public static partial void RetentionFailed(ILogger logger, Exception failure, TopicPartition partition);

    [LoggerMessage(106, LogLevel.Warning, "The TimeProvider of the log threw an exception. The log uses the system's "
        + "clock from now on.")]
    public static partial void ClockFailed(ILogger logger, Exception failure);

    public static void StillPinned(
        ILogger logger, TopicPartition partition, long baseOffset, long bytes, int leases, int readers, TimeSpan age) =>
        StillPinned(
            logger, partition, baseOffset, Units.Size(bytes), bytes, leases, readers, Units.Took(age), age);

    public static void Scrubbed(
        ILogger logger, long records, int partitions, long bytes, TimeSpan duration, bool pastCache, long findings) =>
        Scrubbed(
            logger,
            records,
            partitions,
            Units.Size(bytes),
            bytes,
            Units.Took(duration),
            duration,
            pastCache,
            findings);

    [LoggerMessage(101, LogLevel.Warning, "A removed segment of partition {Partition}, from offset {BaseOffset} on, "
        + "keeps its {Size} of the disk: {Leases} leases and {Readers} readers have held it for {Held}. Dispose "
        + "leases and scans after use.")]
    private static partial void StillPinned(
        ILogger logger,
        TopicPartition partition,
        long baseOffset,
        string size,
        long bytes,
        int leases,
        int readers,
        string held,
        TimeSpan age);

    [LoggerMessage(102, LogLevel.Information, "A scrub checked {Records} records in {Partitions} partitions, {Size}, "
        + "in {Took}, past the page cache: {PastCache}. It found {Findings} faults.")]
    private static partial void Scrubbed(
        ILogger logger,
        long records,
        int partitions,
        string size,
        long bytes,
        string took,
        TimeSpan duration,
        bool pastCache,
        long findings);

    [LoggerMessage(103, LogLevel.Warning, "A round of the scrub failed; the next round begins anew.")]
    public static partial void ScrubFailed(ILogger logger, Exception failure);

    [LoggerMessage(107, LogLevel.Warning, "The directory of the log was moved while the log is open. The log goes on "
        + "in it. The next opening of the old path will not find the log.")]
    public static partial void DirectoryMoved(ILogger logger);

    [LoggerMessage(105, LogLevel.Warning, "Salvaged partition {Partition}: {Kept} records kept, {Gone} offsets lost "
        + "({Ranges}), {Segments} segments written anew. The damaged files are in '{Evidence}'.")]
    public static partial void Salvaged(
        ILogger logger, TopicPartition partition, long kept, long gone, string ranges, int segments, string evidence);

    /// <summary>Logs a fault that a scrub found; the level says whether anything depends on the file.</summary>
    [LoggerMessage(EventId = 104, Message = "The scrub found damage in '{File}' at position {Position}: expected "
        + "{Expected}, found {Actual}; {Consequence}.")]
    public static partial void ScrubFound(
        ILogger logger,
        LogLevel level,
        string file,
        long position,
        string expected,
        string actual,
        string consequence);
}

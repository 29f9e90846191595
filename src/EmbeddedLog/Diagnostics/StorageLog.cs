using EmbeddedLog.Validation;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Diagnostics;

// A value that is not in the text is one for loggers that keep values.
#pragma warning disable SYSLIB1015

/// <summary>
/// All that the storage layer logs. Durations and sizes stand in the text as people read them, and beside it as values.
/// </summary>
internal static partial class StorageLog
{
    [LoggerMessage(1, LogLevel.Warning, "The index '{Path}' could not be saved; it is made again when it is needed.")]
    public static partial void IndexNotSaved(ILogger logger, Exception failure, string path);

    [LoggerMessage(2, LogLevel.Error, "A flush of partition {Partition} failed; it acknowledges nothing any more.")]
    public static partial void PartitionFailed(ILogger logger, Exception failure, TopicPartition partition);

    [LoggerMessage(3, LogLevel.Warning, "The next segment of partition {Partition} could not be prepared ahead.")]
    public static partial void PreparationFailed(ILogger logger, Exception failure, TopicPartition partition);

    /// <summary>Tells what was recovered of a partition, where that is more than nothing.</summary>
    public static void Recovered(
        ILogger logger,
        TopicPartition partition,
        long kept,
        long durableEnd,
        long tornBytes,
        long end,
        int indexes,
        TimeSpan duration) =>
        Recovered(
            logger,
            partition,
            kept,
            durableEnd,
            Units.Size(tornBytes),
            tornBytes,
            end,
            indexes,
            Units.Took(duration),
            duration);

    [LoggerMessage(5, LogLevel.Information, "Retention removed {Count} segments of partition {Partition}, which now "
        + "starts at offset {LogStart}.")]
    public static partial void Retained(ILogger logger, int count, TopicPartition partition, long logStart);

    [LoggerMessage(7, LogLevel.Warning, "The log '{Path}' could not be marked as closed; it is verified when "
        + "it is opened next.")]
    public static partial void NotMarkedClean(ILogger logger, Exception failure, string path);

    [LoggerMessage(6, LogLevel.Warning, "'{Path}' could not be deleted yet; that is tried again, at the latest "
        + "when the log is opened next.")]
    public static partial void NotDeleted(ILogger logger, Exception failure, string path);

    [LoggerMessage(15, LogLevel.Warning, "The log '{Path}' was not opened, and a step of giving it up has failed.")]
    public static partial void NotGivenUp(ILogger logger, Exception failure, string path);

    [LoggerMessage(8, LogLevel.Warning, "The control file of '{Path}' cannot be used; processes that follow the log "
        + "see what is new later, and at a higher cost.")]
    public static partial void NotFollowable(ILogger logger, Exception failure, string path);

    public static void Opened(ILogger logger, string path, TimeSpan duration, int partitions, long kept) =>
        Opened(logger, path, Units.Took(duration), duration, partitions, kept);

    public static void OpenedAndRecovered(
        ILogger logger,
        string path,
        TimeSpan duration,
        int partitions,
        long kept,
        long copied,
        long tornBytes,
        int indexes) =>
        OpenedAndRecovered(
            logger,
            path,
            Units.Took(duration),
            duration,
            partitions,
            kept,
            copied,
            Units.Size(tornBytes),
            tornBytes,
            indexes);

    public static void OwnerHasLeft(ILogger logger, string path, TimeSpan waited) =>
        OwnerHasLeft(logger, path, Units.Took(waited), waited);

    [LoggerMessage(9, LogLevel.Information, "Opened the log '{Path}' in {Took}: {Partitions} partitions with "
        + "{Kept} records. It had been closed.")]
    private static partial void Opened(
        ILogger logger, string path, string took, TimeSpan duration, int partitions, long kept);

    [LoggerMessage(10, LogLevel.Information, "Opened the log '{Path}' in {Took}: {Partitions} partitions with "
        + "{Kept} records. It had not been closed, so it was verified: {Copied} records behind the last checkpoints "
        + "were copied, {TornSize} of unfinished writes left out, {Indexes} indexes made again.")]
    private static partial void OpenedAndRecovered(
        ILogger logger,
        string path,
        string took,
        TimeSpan duration,
        int partitions,
        long kept,
        long copied,
        string tornSize,
        long tornBytes,
        int indexes);

    [LoggerMessage(12, LogLevel.Information, "Waiting {Long} for the log '{Path}', which is owned by {Owner}.")]
    public static partial void WaitingForOwner(ILogger logger, string path, string @long, string owner);

    [LoggerMessage(13, LogLevel.Information, "The owner of the log '{Path}' has let go of it after {Took}.")]
    private static partial void OwnerHasLeft(ILogger logger, string path, string took, TimeSpan waited);

    [LoggerMessage(14, LogLevel.Warning, "'{Path}' is a copy of a log that had not been closed when it was copied. If "
        + "that was still appending, records are missing that it had acknowledged, and only some of the offsets that "
        + "groups had committed are there. Make backups with CommitLog.BackupAsync.")]
    public static partial void HotCopyOpened(ILogger logger, string path);

    [LoggerMessage(11, LogLevel.Warning, "The directory of the log '{Path}' holds what is not the log's: {Names}. It "
        + "is left alone. Move it elsewhere: what stands in a topic's directory is removed with the topic.")]
    public static partial void ForeignNamesFound(ILogger logger, string path, string names);

    [LoggerMessage(4, LogLevel.Debug, "Recovered partition {Partition}: {Kept} records above the durable end "
        + "{DurableEnd} kept and copied, {TornSize} of torn writes left behind; the log ends at {End}. {Indexes} "
        + "indexes were made again; it took {Took}.")]
    private static partial void Recovered(
        ILogger logger,
        TopicPartition partition,
        long kept,
        long durableEnd,
        string tornSize,
        long tornBytes,
        long end,
        int indexes,
        string took,
        TimeSpan duration);
}

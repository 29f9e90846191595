using EmbeddedLog.Validation;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Diagnostics;

// Values that are not in the text are for loggers that keep values.
#pragma warning disable SYSLIB1015

/// <summary>
/// All log lines of the storage rooms. Durations and sizes are readable in the text, and values beside it.
/// </summary>
internal static partial class StorageLog
{
    [LoggerMessage(1, LogLevel.Warning, "The index '{Path}' could not be saved; it is made again when it is needed.")]
    public static partial void IndexNotSaved(ILogger logger, Exception failure, string path);

    [LoggerMessage(2, LogLevel.Error, "A flush of partition {Partition} failed; it refuses appends from now on.")]
    public static partial void PartitionFailed(ILogger logger, Exception failure, TopicPartition partition);

    [LoggerMessage(3, LogLevel.Warning, "The next segment of partition {Partition} could not be prepared ahead.")]
    public static partial void PreparationFailed(ILogger logger, Exception failure, TopicPartition partition);

    /// <summary>Logs what was recovered of a partition, if anything was.</summary>
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

    [LoggerMessage(7, LogLevel.Warning, "The log '{Path}' could not be marked as closed; the next opening "
        + "verifies it.")]
    public static partial void NotMarkedClean(ILogger logger, Exception failure, string path);

    [LoggerMessage(6, LogLevel.Warning, "'{Path}' could not be deleted yet; the log tries again, at the latest "
        + "at its next opening.")]
    public static partial void NotDeleted(ILogger logger, Exception failure, string path);

    [LoggerMessage(15, LogLevel.Warning, "The log '{Path}' was not opened, and a step of closing it failed.")]
    public static partial void NotGivenUp(ILogger logger, Exception failure, string path);

    [LoggerMessage(8, LogLevel.Warning, "The control file of '{Path}' cannot be used: processes that follow the log "
        + "see new records later, and at a higher cost.")]
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

    [LoggerMessage(16, LogLevel.Error, "Partition {Partition} is damaged and was not opened; the others were. Every "
        + "use of it fails until CommitLog.SalvageAsync has repaired it.")]
    public static partial void PartitionDamaged(ILogger logger, Exception failure, TopicPartition partition);

    [LoggerMessage(12, LogLevel.Information, "Waiting {Long} for the log '{Path}', which is owned by {Owner}.")]
    public static partial void WaitingForOwner(ILogger logger, string path, string @long, string owner);

    [LoggerMessage(13, LogLevel.Information, "The owner of the log '{Path}' released it after {Took}.")]
    private static partial void OwnerHasLeft(ILogger logger, string path, string took, TimeSpan waited);

    [LoggerMessage(14, LogLevel.Warning, "'{Path}' is a copy that was made of an open log. If the log was "
        + "still appending, acknowledged records are missing, and only some of the committed offsets of groups are "
        + "there. Make backups with CommitLog.BackupAsync.")]
    public static partial void HotCopyOpened(ILogger logger, string path);

    [LoggerMessage(17, LogLevel.Information, "Topic '{Topic}' has {Total} partitions now, and had {Before} before. "
        + "Records with the same key may be in another partition from now on: their order holds among those appended "
        + "from now on, and among those before.")]
    public static partial void PartitionsAdded(ILogger logger, string topic, int total, int before);

    [LoggerMessage(11, LogLevel.Warning, "The directory of the log '{Path}' holds foreign files: {Names}. The log "
        + "leaves them alone. Move them elsewhere: a topic's directory is removed with the topic.")]
    public static partial void ForeignNamesFound(ILogger logger, string path, string names);

    [LoggerMessage(4, LogLevel.Debug, "Recovered partition {Partition}: {Kept} records above the durable end "
        + "{DurableEnd} kept and copied, {TornSize} of torn writes left out; the log ends at {End}. {Indexes} "
        + "indexes were made again, in {Took}.")]
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

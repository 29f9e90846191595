using EmbeddedLog.Records;
using EmbeddedLog.Validation;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Diagnostics;

/// <summary>All log lines of consumer groups.</summary>
internal static partial class GroupsLog
{
    [LoggerMessage(200, LogLevel.Debug, "Group {Group} had committed offset {Committed} of partition {Partition}. "
        + "Its records survived up to {End}, and the group goes on there.")]
    public static partial void Lowered(
        ILogger logger, string group, long committed, TopicPartition partition, long end);

    [LoggerMessage(203, LogLevel.Warning, "Records that groups had read were lost before they were flushed: {Count} "
        + "committed offsets were lowered, the first in partition {Partition} for group {Group} from "
        + "{Committed} to {End}. Undo the effects of the lost records. New records get their offsets.")]
    public static partial void LoweredAll(
        ILogger logger, int count, string group, TopicPartition partition, long committed, long end);

    [LoggerMessage(
        201, LogLevel.Warning, "The history of committed offsets could not be removed; the log tries again.")]
    public static partial void NotCompacted(ILogger logger, Exception failure);

    [LoggerMessage(202, LogLevel.Warning, "The committed offsets of a deleted topic could not be removed from the "
        + "disk; the next opening leaves them out.")]
    public static partial void NotForgotten(ILogger logger, Exception failure);

    [LoggerMessage(204, LogLevel.Warning, "Member {ClientName} ({Id}) of group {Group} has not asked for a record for "
        + "{Allowed}: its {Partitions} partitions go to other members. It joins again with its next read.")]
    private static partial void PutOut(
        ILogger logger, string group, string clientName, long id, string allowed, int partitions);

    [LoggerMessage(205, LogLevel.Information, "Group {Group} had no consumer for {Retention} in which the log was "
        + "open: its {Count} committed offsets were deleted, of {Partitions}. It begins as a new group.")]
    private static partial void Expired(
        ILogger logger, string group, string retention, int count, string partitions);

    public static void Expired(
        ILogger logger, string group, TimeSpan retention, IReadOnlyList<TopicPartition> partitions) => Expired(
        logger, group, Units.Duration(retention), partitions.Count, PartitionText.Of(partitions));

    [LoggerMessage(206, LogLevel.Warning, "Committed offsets of groups without consumers could not be deleted, or it "
        + "could not be noted since when they have none; the log tries again.")]
    public static partial void NotExpired(ILogger logger, Exception failure);

    [LoggerMessage(207, LogLevel.Warning, "It could not be noted that group {Group} is in use again. If the process "
        + "dies now, what the group has committed may expire too early.")]
    public static partial void UseNotNoted(ILogger logger, Exception failure, string group);

    public static void PutOut(
        ILogger logger, string group, string clientName, long id, TimeSpan limit, int partitions) =>
        PutOut(logger, group, clientName, id, Units.Duration(limit), partitions);
}

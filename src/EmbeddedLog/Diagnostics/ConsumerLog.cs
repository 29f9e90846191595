using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Diagnostics;

/// <summary>All log lines of consumers.</summary>
internal static partial class ConsumerLog
{
    [LoggerMessage(300, LogLevel.Warning, "Retention has removed offset {Position} of partition {Partition}, which now "
        + "begins at {Start}: the consumer skips {Count} offsets and goes on at {Found}.")]
    public static partial void Skipped(
        ILogger logger, TopicPartition partition, long position, long start, long found, long count);

    [LoggerMessage(301, LogLevel.Warning, "Offset {Position} of partition {Partition} lies beyond its end, {End}: the "
        + "consumer goes on at {Found}.")]
    public static partial void BeyondEnd(
        ILogger logger, TopicPartition partition, long position, long end, long found);

    [LoggerMessage(
        302, LogLevel.Warning, "The interval commit of group {Group} failed; the consumer's next call throws.")]
    public static partial void IntervalCommitFailed(ILogger logger, Exception failure, string group);
}

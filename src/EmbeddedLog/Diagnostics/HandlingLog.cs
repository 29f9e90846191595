using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Diagnostics;

/// <summary>All log lines of the handling of records.</summary>
internal static partial class HandlingLog
{
    [LoggerMessage(320, LogLevel.Warning, "Record {Record} was skipped: attempt {Attempts}, the last one, failed.")]
    public static partial void Skipped(ILogger logger, Exception failure, TopicPartitionOffset record, int attempts);

    [LoggerMessage(321, LogLevel.Warning, "Record {Record} was skipped: it cannot be read.")]
    public static partial void SkippedUnread(ILogger logger, Exception failure, TopicPartitionOffset record);

    [LoggerMessage(322, LogLevel.Warning, "Record {Record} failed and is kept as dead letter {DeadLetter}; its handler "
        + "was called {Attempts} times.")]
    public static partial void Kept(
        ILogger logger,
        Exception failure,
        TopicPartitionOffset record,
        TopicPartitionOffset deadLetter,
        int attempts);
}

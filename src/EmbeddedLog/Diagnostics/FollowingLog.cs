using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Diagnostics;

/// <summary>All log lines of following another process's log.</summary>
internal static partial class FollowingLog
{
    [LoggerMessage(400, LogLevel.Warning, "Partition {Partition}, readable up to offset {End}, was taken "
        + "back to offset {To} by a recovery of the log; readers beyond get a LogTruncatedException.")]
    public static partial void Truncated(ILogger logger, TopicPartition partition, long end, long to);

    [LoggerMessage(401, LogLevel.Warning, "The control file has offset {Told} as the end of partition {Partition}, "
        + "but the records end at {End}, which counts. The file is damaged; the next owner of the log writes it anew.")]
    public static partial void ControlIsWrong(ILogger logger, TopicPartition partition, long told, long end);
}

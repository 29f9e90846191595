using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Following;

/// <summary>All that following another process's log logs.</summary>
internal static partial class FollowingLog
{
    [LoggerMessage(400, LogLevel.Warning, "Partition {Partition}, which could be read up to offset {End}, was taken "
        + "back to offset {To} by a recovery of the log; whoever read further is told.")]
    public static partial void Truncated(ILogger logger, TopicPartition partition, long end, long to);

    [LoggerMessage(401, LogLevel.Warning, "The control file tells that partition {Partition} ends at offset {Told}, "
        + "and the records say {End}, which counts. The file is damaged; the next owner of the log writes it anew.")]
    public static partial void ControlIsWrong(ILogger logger, TopicPartition partition, long told, long end);
}

using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Maintenance;

/// <summary>All that maintenance logs.</summary>
internal static partial class MaintenanceLog
{
    [LoggerMessage(100, LogLevel.Warning, "Retention of partition {Partition} failed and is tried again.")]
    public static partial void RetentionFailed(ILogger logger, Exception failure, TopicPartition partition);
}

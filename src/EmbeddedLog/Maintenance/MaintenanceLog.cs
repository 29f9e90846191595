using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Maintenance;

/// <summary>All that maintenance logs.</summary>
internal static partial class MaintenanceLog
{
    [LoggerMessage(100, LogLevel.Warning, "Retention of partition {Partition} failed and is tried again.")]
    public static partial void RetentionFailed(ILogger logger, Exception failure, TopicPartition partition);

    [LoggerMessage(101, LogLevel.Warning, "A removed segment of partition {Partition}, from offset {BaseOffset} on, "
        + "keeps its {Bytes} bytes of the disk: {Leases} leases and {Readers} readers have held it for {Age}. Dispose "
        + "leases and scans that nobody needs.")]
    public static partial void StillPinned(
        ILogger logger, TopicPartition partition, long baseOffset, long bytes, int leases, int readers, TimeSpan age);
}

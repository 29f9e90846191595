using EmbeddedLog.IO;

namespace EmbeddedLog.Partitions.State;

/// <summary>The exceptions of appending to a partition, waiting for it and reading it, each with what to do.</summary>
internal static class PartitionErrors
{
    /// <summary>Records could not be flushed yet; nothing is lost.</summary>
    public static EmbeddedLogException NotFlushed(FileSystemException failure, TopicPartition partition)
    {
        bool isFull = failure.Error is FileSystemError.NoSpace or FileSystemError.QuotaExceeded;
        string advice = failure.Error switch
        {
            FileSystemError.NoSpace or FileSystemError.QuotaExceeded => "Free some space.",
            FileSystemError.TooManyFiles => "Raise the limit of open files of this process.",
            FileSystemError.OutOfMemory => "Give the process more memory, or more maps (vm.max_map_count).",
            _ => "Remove the cause.",
        };
        string message = $"Partition {partition} could not be flushed yet: {failure.Message} What was appended stays "
            + $"and is not acknowledged; the flush is tried again by itself, or with FlushAsync. {advice}";
        return isFull
            ? new DiskFullException(message, failure)
            {
                Topic = partition.Topic,
                Partition = partition.Partition,
                File = failure.Path,
            }
            : new LogIOException(message, failure)
            {
                Topic = partition.Topic,
                Partition = partition.Partition,
                File = failure.Path,
            };
    }

    /// <summary>A flush failed, or a directory is gone, so nothing can be acknowledged any more.</summary>
    public static PartitionFailedException Failed(TopicPartition partition, Exception cause) =>
        cause is LogDirectoryException
            ? new(cause.Message, cause) { Topic = partition.Topic, Partition = partition.Partition }
            : FailedFlush(partition, cause);

    /// <summary>The topic was deleted while it was in use.</summary>
    public static UnknownTopicException Deleted(TopicPartition partition) =>
        new($"Topic '{partition.Topic}' was deleted. To go on, make it again with EnsureTopicAsync, and then another "
            + "producer or consumer: the new topic is not the old one.")
        {
            Topic = partition.Topic,
            Partition = partition.Partition,
        };

    /// <summary>A partition's directory was removed or replaced while the log was open.</summary>
    public static LogDirectoryException Gone(TopicPartition partition, string directory) =>
        new($"The directory '{directory}' of partition {partition} was removed or replaced while the log was open. "
            + "Nothing more is acknowledged there. Dispose the log, put the directory back from a backup, or delete "
            + "the topic's, and open the log again.")
        {
            Topic = partition.Topic,
            Partition = partition.Partition,
            File = directory,
        };

    /// <summary>A read of an offset below the log's start or above its end.</summary>
    public static OffsetUnavailableException OutOfRange(TopicPartition partition, long offset, long start, long end) =>
        new($"Offset {offset} is not in partition {partition}, which holds {start} to {end}. Seek to one of these; "
            + "records before the first were removed by retention.")
        {
            Topic = partition.Topic,
            Partition = partition.Partition,
            Offset = offset,
        };

    /// <summary>Records that were read were taken back since.</summary>
    public static LogTruncatedException Truncated(TopicPartition partition, long to, long readTo) =>
        new($"Partition {partition} was taken back to offset {to} by a recovery of the log: what was read from there "
            + $"to {readTo} was lost before it was flushed, and other records take these offsets. Undo what came of "
            + $"them, and read on from {to}.")
        {
            Topic = partition.Topic,
            Partition = partition.Partition,
            Offset = to,
            ReadTo = readTo,
        };

    private static PartitionFailedException FailedFlush(TopicPartition partition, Exception cause) =>
        new($"A flush of partition {partition} failed, after which the system may have dropped what was written. "
            + "Nothing more is acknowledged; reads go on. Dispose the log, see to the device, and open it again. "
            + $"Cause: {cause.Message}", cause)
        {
            Topic = partition.Topic,
            Partition = partition.Partition,
        };
}

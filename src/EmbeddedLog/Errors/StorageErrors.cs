using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Format;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.IO;
using EmbeddedLog.Segments.Reading;
using EmbeddedLog.Validation;


namespace EmbeddedLog.Errors;

/// <summary>The exceptions of the storage layer, each with what to do.</summary>
internal static class StorageErrors
{
    /// <summary>Says in the library's terms that a call to the file system failed.</summary>
    /// <param name="failure">The call.</param>
    /// <param name="partition">The partition that it was made for.</param>
    /// <param name="isOpen">
    /// Whether it was made to write to a log that is open: what is missing then was there, and was moved or removed.
    /// </param>
    public static EmbeddedLogException Translate(
        FileSystemException failure, TopicPartition? partition = null, bool isOpen = false)
    {
        string where = partition is null ? string.Empty : $" (partition {partition})";
        return failure.Error switch
        {
            FileSystemError.NoSpace or FileSystemError.QuotaExceeded => new DiskFullException(
                $"There is no space left for '{failure.Path}'{where}. Nothing was appended. Free some space, or "
                + "shorten "
                + "the topic's retention, and append again.", failure)
            {
                Topic = partition?.Topic,
                Partition = partition?.Partition,
                File = failure.Path,
            },
            FileSystemError.NotFound when isOpen => new LogIOException(
                $"'{Path.GetDirectoryName(failure.Path)}' was moved, renamed or removed while the log is open{where}. "
                + "Nothing was appended. Move it back, or dispose the log and open it where it is now.", failure)
            {
                Topic = partition?.Topic,
                Partition = partition?.Partition,
                File = failure.Path,
            },
            FileSystemError.NotFound => new CorruptLogException(
                $"'{failure.Path}' is missing{where}. Nothing was changed. {AdviceFor(failure.Path)}", failure)
            {
                Topic = partition?.Topic,
                Partition = partition?.Partition,
                File = failure.Path,
                Expected = "a file",
                Actual = "nothing",
            },
            _ => new LogIOException($"{failure.Message} Nothing was acknowledged{where}.", failure)
            {
                Topic = partition?.Topic,
                Partition = partition?.Partition,
                File = failure.Path,
            },
        };
    }

    /// <summary>Says that what was appended could not be flushed yet, and that nothing is lost by it.</summary>
    public static EmbeddedLogException NotFlushed(FileSystemException failure, TopicPartition partition)
    {
        bool isFull = failure.Error is FileSystemError.NoSpace or FileSystemError.QuotaExceeded;
        string advice = failure.Error switch
        {
            FileSystemError.NoSpace or FileSystemError.QuotaExceeded => "Free some space.",
            FileSystemError.TooManyFiles => "Raise the limit of open files of this process.",
            FileSystemError.OutOfMemory => "Give the process more memory, or more maps (vm.max_map_count).",
            _ => "See to the cause.",
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

    /// <summary>A topic that its owner has deleted while somebody followed it.</summary>
    public static UnknownTopicException TopicDeleted(TopicPartition partition, Exception? cause = null) =>
        new(
            $"Topic '{partition.Topic}' was deleted by the owner of the log. Where there is one of that name again, "
            + "get it from the log.",
            cause)
        {
            Topic = partition.Topic,
        };

    /// <summary>Stored bytes are not what was written.</summary>
    public static CorruptLogException Corrupt(
        TopicPartition partition,
        string file,
        long position,
        string what,
        string expected,
        string actual,
        long? offset = null) =>
        new($"Partition {partition} is damaged: {what} in '{file}' at position {position} (expected {expected}, found "
            + $"{actual}). Nothing was changed. {AdviceFor(file)}")
        {
            Topic = partition.Topic,
            Partition = partition.Partition,
            Offset = offset,
            File = file,
            Position = position,
            Expected = expected,
            Actual = actual,
        };

    /// <summary>What to do where the pieces of a log are not of one moment.</summary>
    public const string OneMomentAdvice =
        "Put back all files of the log from one backup, not some of them.";

    /// <summary>
    /// What to do about a damaged file of a partition. Without its manifest nothing tells what there was to salvage.
    /// </summary>
    public static string AdviceFor(string file) =>
        "Restore it from a backup, together with all other files of the log, which are of one moment"
            + (Path.GetFileName(file) == Manifest.FileName
            ? "."
            : $", or have {nameof(CommitLog)}.{nameof(CommitLog.SalvageAsync)} keep what can be read of the partition, "
                + "on the closed log.");

    /// <summary>A frame that must be there is missing, damaged, or of a kind that only a newer version knows.</summary>
    public static EmbeddedLogException BadFrame(
        Segment segment, long position, FrameCheck check, long? offset = null) =>
        check == FrameCheck.Unknown
            ? NewerFormat(segment.Path)
            : Corrupt(
                segment.Partition, segment.Path, position, "a frame is not what was written", "a valid frame",
                check switch
                {
                    FrameCheck.Empty => "no frame",
                    FrameCheck.BadLength => "an impossible length",
                    FrameCheck.BadCrc => "a wrong checksum",
                    _ => "a malformed record",
                },
                offset);

    /// <summary>The medium failed where stored bytes should be.</summary>
    public static LogIOException Unreadable(TopicPartition partition, string file, long position) =>
        new($"The system cannot read '{file}' at position {position} (partition {partition}). Check the device; the "
            + "rest of the log can still be read. " + AdviceFor(file))
        {
            Topic = partition.Topic,
            Partition = partition.Partition,
            File = file,
            Position = position,
        };

    /// <summary>
    /// The file can be read, but not through a map: a file system in memory must find a page for each one of a file
    /// that nothing was written to.
    /// </summary>
    public static DiskFullException NoSpaceToRead(TopicPartition partition, string file) =>
        new($"There is no space left to read the tail of '{file}' (partition {partition}). Nothing was changed. Free "
            + "some space and open the log again.")
        {
            Topic = partition.Topic,
            Partition = partition.Partition,
            File = file,
        };

    /// <summary>The files of a log that was copied while it was open do not fit together.</summary>
    public static CorruptLogException HotCopy(string path, in Session session, CorruptLogException found) =>
        new($"'{path}' is a copy of a log that had not been closed when it was copied: its session was opened "
            + $"{UnixTime.ToText(session.OpenedAt)} by process {session.ProcessId}, in another directory. If that was "
            + "still appending, the copy's files are from different moments, and no opening can make one log of them. "
            + $"Make backups with {nameof(CommitLog)}.{nameof(CommitLog.BackupAsync)}, or copy the directory after the "
            + $"log was closed. What was found: {found.Message}", found)
        {
            Topic = found.Topic,
            Partition = found.Partition,
            Offset = found.Offset,
            File = found.File,
            Position = found.Position,
            Expected = found.Expected,
            Actual = found.Actual,
        };

    /// <summary>A newer version of the library wrote the file.</summary>
    public static UnsupportedFormatException NewerFormat(string file) =>
        new($"'{file}' was written by a newer version of EmbeddedLog. Open it with that version or a later one.")
        {
            File = file,
        };

    /// <summary>An offset below the log's start or above its end was asked for.</summary>
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

    /// <summary>The log was disposed.</summary>
    public static ObjectDisposedException Disposed() =>
        new(
            "CommitLog",
            "The log was disposed, and all that was made by it with it: topics, partitions, producers and consumers. "
            + "Dispose the log last; to go on, open it again and get these from the new one.");

    /// <summary>The topic was deleted while somebody used it.</summary>
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

    /// <summary>A flush failed, or a directory is gone, so nothing can be acknowledged any more.</summary>
    public static PartitionFailedException Failed(TopicPartition partition, Exception cause) =>
        cause is LogDirectoryException
            ? new(cause.Message, cause) { Topic = partition.Topic, Partition = partition.Partition }
            : FailedFlush(partition, cause);

    private static PartitionFailedException FailedFlush(TopicPartition partition, Exception cause) =>
        new($"A flush of partition {partition} failed, after which the system may have dropped what was written. "
            + "Nothing more is acknowledged; reads go on. Dispose the log, see to the device, and open it again. "
            + $"Cause: {cause.Message}", cause)
        {
            Topic = partition.Topic,
            Partition = partition.Partition,
        };
}

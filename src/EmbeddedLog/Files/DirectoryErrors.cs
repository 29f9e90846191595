using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Files;

/// <summary>The exceptions for a log's directory that cannot be opened, each with what to do.</summary>
internal static class DirectoryErrors
{
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

    /// <summary>A call failed without which there can be no log.</summary>
    public static LogDirectoryException Unusable(string path, FileSystemException failure)
    {
        string advice = failure.Error switch
        {
            FileSystemError.AccessDenied or FileSystemError.ReadOnly =>
                "Give this process the right to write there, or give the log another directory.",
            FileSystemError.NotADirectory or FileSystemError.AlreadyExists =>
                "Something that is not a directory stands in the way: give the log another one.",
            FileSystemError.NoSpace or FileSystemError.QuotaExceeded => "Free some space first.",
            FileSystemError.NotSupported =>
                "The file system lacks what a log needs (locks): give the log a directory on another one.",
            FileSystemError.TooManyFiles => "Raise the limit of open files of this process.",
            _ => "See to the device or the path.",
        };
        return new LogDirectoryException($"'{path}' cannot be used as a log: {failure.Message} {advice}", failure)
        {
            File = failure.Path,
        };
    }
}

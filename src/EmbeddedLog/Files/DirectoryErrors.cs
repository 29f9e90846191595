using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Files;

/// <summary>The exceptions for a log's directory that cannot be opened, each with what to do.</summary>
internal static class DirectoryErrors
{
    /// <summary>The files of a log that was copied while it was open do not fit together.</summary>
    public static CorruptLogException HotCopy(string path, in Session session, CorruptLogException found) =>
        new($"'{path}' is a copy that was made of an open log, whose session was opened "
            + $"{UnixTime.ToText(session.OpenedAt)} by process {session.ProcessId}, in another directory. If the log "
            + "was still appending, the copy's files are of different moments, and no opening can join them. "
            + $"Make backups with {nameof(CommitLog)}.{nameof(CommitLog.BackupAsync)}, or copy the directory after the "
            + $"log was closed. The fault: {found.Message}", found)
        {
            Topic = found.Topic,
            Partition = found.Partition,
            Offset = found.Offset,
            File = found.File,
            Position = found.Position,
            Expected = found.Expected,
            Actual = found.Actual,
        };

    /// <summary>A call that every log needs has failed.</summary>
    public static LogDirectoryException Unusable(string path, FileSystemException failure)
    {
        string advice = failure.Error switch
        {
            FileSystemError.AccessDenied or FileSystemError.ReadOnly =>
                "Give this process the right to write there, or give the log another directory.",
            FileSystemError.NotADirectory or FileSystemError.AlreadyExists =>
                "A file with that name is in the way: give the log another directory.",
            FileSystemError.NoSpace or FileSystemError.QuotaExceeded => "Free some space first.",
            FileSystemError.NotSupported =>
                "The file system lacks what a log needs (locks): give the log a directory on another one.",
            FileSystemError.TooManyFiles => "Raise the limit of open files of this process.",
            _ => "Check the device and the path.",
        };
        return new LogDirectoryException($"'{path}' cannot be used as a log: {failure.Message} {advice}", failure)
        {
            File = failure.Path,
        };
    }
}

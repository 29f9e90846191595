using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Files;

/// <summary>The exceptions for a log's directory that cannot be opened, each with what to do.</summary>
internal static class DirectoryErrors
{
    private const string OffsetsOption =
        $"{nameof(ReadOnlyLogOptions)}.{nameof(ReadOnlyLogOptions.OffsetsDirectory)}";

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

    /// <summary>A directory that is to be taken holds something else.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="foreign">A name in it.</param>
    /// <param name="forOffsets">Whether it is to hold the offsets of a follower's groups, and not a log.</param>
    public static LogDirectoryException Foreign(string path, string foreign, bool forOffsets) =>
        new(forOffsets
            ? $"'{path}' holds '{foreign}' but no offsets of groups. Let {OffsetsOption} name a directory of its own: "
                + "a new or an empty one."
            : $"'{path}' holds '{foreign}' but no log. Give a log a directory of its own: a new or an empty one.")
        {
            File = path,
        };

    /// <summary>A directory that is to be taken is a log, or holds the offsets of a follower's groups.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="found">Its session.</param>
    /// <param name="followedUid">The log whose followers are to keep offsets there; zero for a log.</param>
    public static LogDirectoryException OfAnotherUse(string path, in Session found, ulong followedUid) =>
        new(followedUid == 0
            ? $"'{path}' is no log: it holds the offsets of groups that read log {found.FollowedUid:x16} from another "
                + $"process. Open that log's directory, and let {OffsetsOption} name this one."
            : found.FollowedUid == 0
                ? $"'{path}' is a log. The offsets of groups that only read a log need another directory: let "
                    + $"{OffsetsOption} name a new or an empty one."
                : $"'{path}' holds the offsets of groups that read another log: {found.FollowedUid:x16}, and this one "
                    + $"is {followedUid:x16}. Let {OffsetsOption} name a directory for each log. If the other log is "
                    + "gone, delete this directory, and its groups begin anew.")
        {
            File = path,
            Expected = followedUid == 0 ? "a log" : $"offsets of log {followedUid:x16}",
            Actual = found.FollowedUid == 0 ? "a log" : $"offsets of log {found.FollowedUid:x16}",
        };

    /// <summary>A call that every log needs has failed.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="failure">The failure.</param>
    /// <param name="forOffsets">Whether it is to hold the offsets of a follower's groups, and not a log.</param>
    public static LogDirectoryException Unusable(string path, FileSystemException failure, bool forOffsets = false)
    {
        string another = forOffsets ? $"let {OffsetsOption} name" : "give the log";
        string advice = failure.Error switch
        {
            FileSystemError.AccessDenied or FileSystemError.ReadOnly =>
                $"Give this process the right to write there, or {another} another directory.",
            FileSystemError.NotADirectory or FileSystemError.AlreadyExists =>
                $"A file with that name is in the way: {another} another directory.",
            FileSystemError.NoSpace or FileSystemError.QuotaExceeded => "Free some space first.",
            FileSystemError.NotSupported =>
                $"The file system lacks what a log needs (locks): {another} a directory on another one.",
            FileSystemError.TooManyFiles => "Raise the limit of open files of this process.",
            _ => "Check the device and the path.",
        };
        string use = forOffsets ? "for the offsets of groups" : "as a log";
        return new LogDirectoryException($"'{path}' cannot be used {use}: {failure.Message} {advice}", failure)
        {
            File = failure.Path,
        };
    }
}

using EmbeddedLog.Files.Manifests;
using EmbeddedLog.IO;

namespace EmbeddedLog.Files.Storing;

/// <summary>The exceptions for calls that failed and for files that are damaged, each with what to do.</summary>
internal static class FileErrors
{
    /// <summary>The library's exception for a failed call to the file system.</summary>
    /// <param name="failure">The call.</param>
    /// <param name="partition">The partition that it was made for.</param>
    /// <param name="isOpen">
    /// Whether the call writes to an open log. A missing file was then moved or removed since the opening.
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

    /// <summary>Stored bytes differ from those that were written.</summary>
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

    /// <summary>What to do if the files of a log are not of one moment.</summary>
    public const string OneMomentAdvice =
        "Put back all files of the log from one backup, not some of them.";

    /// <summary>
    /// What to do about a damaged file of a partition. Without its manifest a salvage cannot know the partition's
    /// files.
    /// </summary>
    public static string AdviceFor(string file) =>
        "Restore it from a backup, together with all other files of the log from the same moment"
            + (Path.GetFileName(file) == Manifest.FileName
            ? "."
            : $", or call {nameof(CommitLog)}.{nameof(CommitLog.SalvageAsync)} on the closed log to keep the readable "
                + "records of the partition.");

    /// <summary>A newer version of the library wrote the file.</summary>
    public static UnsupportedFormatException NewerFormat(string file) =>
        new($"'{file}' was written by a newer version of EmbeddedLog. Open it with that version or a later one.")
        {
            File = file,
        };
}

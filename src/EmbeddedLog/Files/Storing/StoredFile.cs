using EmbeddedLog.IO;

namespace EmbeddedLog.Files.Storing;

/// <summary>
/// The common part of all small files of a log: how they are made, and the exceptions for their faults.
/// </summary>
internal static class StoredFile
{
    /// <summary>
    /// The end of the name of an incomplete file. A crash leaves it behind; the next attempt replaces it.
    /// </summary>
    public const string UnfinishedSuffix = ".new";

    /// <summary>A file with bytes that no crash can explain.</summary>
    public static CorruptLogException Damaged(
        string file, long position, string expected, string actual, TopicPartition? id = null) =>
        new($"'{file}' is damaged at byte {position}: expected {expected}, found {actual}. Nothing was changed. "
            + (Path.GetFileName(file) == CheckpointFile.FileName
                ? FileErrors.AdviceFor(file)
                : FileErrors.OneMomentAdvice))
        {
            Topic = id?.Topic,
            Partition = id?.Partition,
            File = file,
            Position = position,
            Expected = expected,
            Actual = actual,
        };

    /// <summary>A file that a newer version of the library wrote.</summary>
    public static UnsupportedFormatException TooNew(
        string file, long position, string expected, string actual, TopicPartition? id = null) =>
        new($"'{file}' was written by a newer version of EmbeddedLog: expected {expected}, found {actual} at byte "
            + $"{position}. Nothing was changed. Open the log with that version, or a later one.")
        {
            Topic = id?.Topic,
            Partition = id?.Partition,
            File = file,
            Position = position,
            Expected = expected,
            Actual = actual,
        };

    /// <summary>
    /// Cuts off the bytes that a failed write has left behind the end. The write's failure is the one to report.
    /// </summary>
    public static void TryCutOff(LogFile file, long end)
    {
        try
        {
            file.SetLength(end);
        }
        catch (FileSystemException)
        {
        }
    }

    /// <summary>Makes a file that after a crash has all of <paramref name="contents"/> or does not exist.</summary>
    public static void Create(FileSystem files, string path, ReadOnlySpan<byte> contents)
    {
        using ReplacementFile replacement = ReplacementFile.Begin(files, path);
        replacement.Write(contents);
        replacement.FlushAndClose();
        replacement.Rename();
        replacement.SyncDirectory();
    }
}

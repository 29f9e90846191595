using EmbeddedLog.IO;

namespace EmbeddedLog.Files.Storing;

/// <summary>What all small files of a log have in common: how they are made, and how their faults are told.</summary>
internal static class StoredFile
{
    /// <summary>
    /// Ends the name of a file that is not complete. A crash leaves it behind; the next attempt replaces it.
    /// </summary>
    public const string UnfinishedSuffix = ".new";

    /// <summary>A file whose bytes no crash can have left so.</summary>
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

    /// <summary>Cuts off what a failed write has left behind the end; that failure is the one to tell.</summary>
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

    /// <summary>
    /// Makes a file that is found with all of <paramref name="contents"/> or, after a crash, not at all.
    /// </summary>
    public static void Create(FileSystem files, string path, ReadOnlySpan<byte> contents)
    {
        using ReplacementFile replacement = ReplacementFile.Begin(files, path);
        replacement.Write(contents);
        replacement.FlushAndClose();
        replacement.Rename();
        replacement.SyncDirectory();
    }
}

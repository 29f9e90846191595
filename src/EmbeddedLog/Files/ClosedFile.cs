using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format;
using EmbeddedLog.Format.Checksums;
using EmbeddedLog.IO;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Files;

/// <summary>
/// The state of all partitions, as a clean close writes it. The session names the list, so that session, list and
/// partitions belong to one moment, and a file that was put back from another moment is noticed. See FORMAT.md,
/// "Closed".
/// </summary>
internal static class ClosedFile
{
    /// <summary>The file's name in the log's directory.</summary>
    public const string FileName = "closed";

    /// <summary>Reads the list of the last clean close; null before the first.</summary>
    /// <param name="files">The file system.</param>
    /// <param name="directory">The log's directory.</param>
    /// <param name="session">The session, which names the list.</param>
    /// <exception cref="CorruptLogException">It is missing, damaged, or not of the session's moment.</exception>
    /// <exception cref="UnsupportedFormatException">A newer version of the library wrote it.</exception>
    public static ClosedList? Read(FileSystem files, string directory, in Session session)
    {
        string path = Path.Combine(directory, FileName);
        if (!files.FileExists(path))
        {
            return session.ClosedGeneration == 0
                ? null
                : throw Mixed(path, $"the list that session {session.ClosedGeneration} left", "no file");
        }

        ClosedList list = Parse(path, ReadAll(files, path), out _);
        Check(path, session, list);
        return list;
    }

    /// <summary>Checks the file of an open log; whether both copies in it are intact.</summary>
    /// <exception cref="CorruptLogException">It is missing or damaged.</exception>
    public static bool IsWhole(FileSystem files, string path)
    {
        Parse(path, ReadAll(files, path), out bool isWhole);
        return isWhole;
    }

    /// <summary>Replaces the list; durable on return.</summary>
    public static void Write(FileSystem files, string directory, ClosedList list) =>
        StoredFile.Create(files, Path.Combine(directory, FileName), list.Encode());

    private static ClosedList Parse(string path, byte[] bytes, out bool isWhole)
    {
        BlockStatus status = ClosedList.TryRead(bytes, out ClosedList? list, out isWhole, out ushort version);
        return status switch
        {
            BlockStatus.Valid => list!,
            BlockStatus.NewerVersion => throw StoredFile.TooNew(
                path, 0, $"format version {ChecksummedBlock.Version}", $"version {version}"),
            _ => throw StoredFile.Damaged(
                path, 0, "at least one intact copy of the list of partitions", "two with wrong checksums"),
        };
    }

    private static byte[] ReadAll(FileSystem files, string path)
    {
        using LogFile file = files.OpenFile(path, FileOpening.Read);
        long length = file.Length;
        if (length > ClosedList.MaxFileBytes || (!Begins(file, 0, length / 2) && !Begins(file, length / 2, length / 2)))
        {
            throw StoredFile.Damaged(path, 0, "the list of partitions", $"{Units.Number(length)} other bytes");
        }

        byte[] bytes = new byte[length];
        int read = file.Read(bytes, 0);
        Array.Resize(ref bytes, read);
        return bytes;
    }

    private static bool Begins(LogFile file, long position, long length)
    {
        Span<byte> header = stackalloc byte[ClosedList.HeaderBytes];
        return ClosedList.IsPlausible(header[..file.Read(header, position)], length);
    }

    /// <summary>
    /// The list is the one that the session names. Or it belongs to a close that was cut off before the session could
    /// name it, or whose mark is damaged: it then has the generation of that mark, the next one.
    /// </summary>
    private static void Check(string path, in Session session, ClosedList list)
    {
        bool isNamed = list.Generation == session.ClosedGeneration && list.Crc == session.ClosedCrc;
        bool isNext = list.Generation == session.Generation + 1;
        if (list.LogUid == session.LogUid && (isNamed || isNext))
        {
            return;
        }

        string found = list.LogUid == session.LogUid
            ? $"that of generation {list.Generation}, closed {UnixTime.ToText(list.ClosedAt)}"
            : $"that of another log, {list.LogUid:x16}";
        throw Mixed(
            path,
            $"the list of generation {session.ClosedGeneration} that session {session.Generation} of log "
            + $"{session.LogUid:x16} names, which was opened {UnixTime.ToText(session.OpenedAt)}",
            found);
    }

    private static CorruptLogException Mixed(string path, string expected, string actual) => new(
        $"'{path}' and the log's session are not of the same moment: expected {expected}, found {actual}. Nothing was "
        + "changed. " + FileErrors.OneMomentAdvice)
    {
        File = path,
        Position = 0,
        Expected = expected,
        Actual = actual,
    };
}

using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Files;

/// <summary>
/// The file that keeps a damaged partition from being opened until a salvage has repaired it. The opening that finds
/// the damage goes on with the other partitions, and its session replaces the one by which the damage was told. So the
/// file tells it from then on. See FORMAT.md, "Damage".
/// </summary>
internal static class DamageFile
{
    /// <summary>The file's name in the partition's directory.</summary>
    public const string FileName = "damage";

    /// <summary>What an opening has found, to be written or thrown.</summary>
    /// <param name="identity">The partition.</param>
    /// <param name="session">The state in which the last owner left the log.</param>
    /// <param name="found">The failure of the opening.</param>
    /// <param name="now">The time, in Unix milliseconds.</param>
    public static DamageMark Describe(
        PartitionIdentity identity, SessionState session, CorruptLogException found, long now) =>
        new(
            session.Clean,
            session.CacheSurvived,
            now,
            found.Position ?? -1,
            found.Offset ?? -1,
            NameOf(identity, found.File),
            found.Expected ?? string.Empty,
            found.Actual ?? string.Empty,
            found.Message.Replace(identity.Directory, DamageMark.DirectoryToken, StringComparison.Ordinal));

    /// <summary>Writes the file; durable on return.</summary>
    public static void Write(FileSystem files, PartitionIdentity identity, DamageMark mark) =>
        StoredFile.Create(files, Path.Combine(identity.Directory, FileName), mark.Encode());

    /// <summary>Whether the file is there, whatever it holds.</summary>
    public static bool Exists(FileSystem files, PartitionIdentity identity) =>
        files.FileExists(Path.Combine(identity.Directory, FileName));

    /// <summary>Reads the file; null if it is missing, or is not intact.</summary>
    public static DamageMark? TryRead(FileSystem files, PartitionIdentity identity)
    {
        string path = Path.Combine(identity.Directory, FileName);
        if (!files.FileExists(path))
        {
            return null;
        }

        using LogFile file = files.OpenFile(path, FileOpening.Read);
        if (file.Length > DamageMark.MaxBytes)
        {
            return null;
        }

        byte[] bytes = new byte[file.Length];
        int read = file.Read(bytes, 0);
        return DamageMark.TryRead(bytes.AsSpan(0, read));
    }

    /// <summary>Removes the file durably, if it is there: the partition was repaired.</summary>
    public static void Remove(FileSystem files, PartitionIdentity identity)
    {
        if (Exists(files, identity))
        {
            files.DeleteFile(Path.Combine(identity.Directory, FileName));
            files.SyncDirectory(identity.Directory);
        }
    }

    /// <summary>
    /// The exception for all uses of a partition whose file is there, whatever it holds; null if it is missing.
    /// </summary>
    public static CorruptLogException? FindError(FileSystem files, PartitionIdentity identity)
    {
        if (!Exists(files, identity))
        {
            return null;
        }

        try
        {
            return ToException(identity, TryRead(files, identity));
        }
        catch (FileSystemException)
        {
            // It is there, which is all that counts.
            return ToException(identity, null);
        }
    }

    /// <summary>The exception for all uses of the partition.</summary>
    /// <param name="identity">The partition.</param>
    /// <param name="mark">What was found; null if the file tells nothing.</param>
    /// <param name="cause">The failure of the present opening, or null.</param>
    public static CorruptLogException ToException(
        PartitionIdentity identity, DamageMark? mark, CorruptLogException? cause = null)
    {
        string path = Path.Combine(identity.Directory, mark is { File.Length: > 0 } named ? named.File : FileName);
        string found = mark is null
            ? $"'{path}' tells that an opening has found it damaged, and cannot be read itself."
            : $"The opening of {UnixTime.ToText(mark.FoundAt)} found: "
                + mark.Message.Replace(DamageMark.DirectoryToken, identity.Directory, StringComparison.Ordinal);
        return new CorruptLogException(
            $"Partition {identity.Id} is damaged and was not opened; the others were. {found} Every use of this "
            + "partition fails until the log was closed and "
            + $"{nameof(CommitLog)}.{nameof(CommitLog.SalvageAsync)}(directory, partition) has repaired it, or the "
            + "whole log was restored from a backup.",
            cause)
        {
            Topic = identity.Id.Topic,
            Partition = identity.Id.Partition,
            Offset = mark is { Offset: >= 0 } at ? at.Offset : null,
            File = path,
            Position = mark is { Position: >= 0 } place ? place.Position : mark is null ? 0 : null,
            Expected = mark is null ? "the description of the damage" : NullIfEmpty(mark.Expected),
            Actual = mark is null ? "other bytes" : NullIfEmpty(mark.Actual),
        };
    }

    /// <summary>A copy for one throwing thread.</summary>
    public static CorruptLogException Copy(CorruptLogException damage) => new(damage.Message, damage.InnerException)
    {
        Topic = damage.Topic,
        Partition = damage.Partition,
        Offset = damage.Offset,
        File = damage.File,
        Position = damage.Position,
        Expected = damage.Expected,
        Actual = damage.Actual,
    };

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    /// <summary>Below the partition's directory, which may be moved; or a full path elsewhere.</summary>
    private static string NameOf(PartitionIdentity identity, string? file) =>
        file is null ? string.Empty
        : file == identity.Directory ? "."
        : file.StartsWith(identity.Directory + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? file[(identity.Directory.Length + 1)..]
            : file;
}

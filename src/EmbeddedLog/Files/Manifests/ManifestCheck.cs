using EmbeddedLog.Files.Storing;
using EmbeddedLog.IO;

namespace EmbeddedLog.Files.Manifests;

/// <summary>Reads a manifest anew while it is in use, and compares it with the state in memory.</summary>
internal static class ManifestCheck
{
    /// <summary>Reads the file up to its end at the beginning of the call, without a lock.</summary>
    /// <exception cref="CorruptLogException">It is damaged.</exception>
    /// <exception cref="UnsupportedFormatException">A record is of a newer version.</exception>
    /// <exception cref="FileSystemException">It is missing or cannot be read.</exception>
    public static void Run(FileSystem files, Manifest manifest, ulong topicUid, TopicPartition id)
    {
        while (true)
        {
            ManifestMoment known = manifest.Capture();
            CorruptLogException? damage = Find(files, known, topicUid, id);
            if (damage is null)
            {
                return;
            }

            // A file that was replaced in between does not belong to that state.
            if (manifest.Capture().File == known.File)
            {
                throw damage;
            }
        }
    }

    private static CorruptLogException? Find(
        FileSystem files, in ManifestMoment known, ulong topicUid, TopicPartition id)
    {
        using LogFile file = files.OpenFile(known.File.Path, FileOpening.Read);
        ManifestReader reader = new(file, topicUid, id, known.End);
        ManifestState state = new();
        try
        {
            reader.Read(state);
        }
        catch (CorruptLogException damage)
        {
            return damage;
        }

        bool isSame = reader.End == known.End && state.LogStartOffset == known.LogStartOffset
            && state.Segments.SequenceEqual(known.Segments);
        return isSame
            ? null
            : StoredFile.Damaged(
                file.Path,
                reader.End,
                $"records up to byte {known.End}, with {known.Segments.Length} segments",
                $"records up to byte {reader.End}, with {state.Count} segments",
                id);
    }
}

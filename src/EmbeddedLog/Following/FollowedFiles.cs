using EmbeddedLog.Files;
using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions.Recovery;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Following;

/// <summary>The small files of a partition at one moment, while its owner changes them. They are only read.</summary>
/// <param name="Manifest">The list of segments.</param>
/// <param name="Checkpoint">The checkpoint; null before the first.</param>
/// <param name="CheckpointPosition">Its position in the file.</param>
internal sealed record FollowedFiles(ManifestState Manifest, Checkpoint? Checkpoint, long CheckpointPosition)
{
    /// <summary>
    /// Whether the partition is still the same. A recovery replaces the manifest before it deletes a file, so a walk
    /// that ended at a missing file was not of the present state.
    /// </summary>
    public bool IsStill(FollowedFiles now) =>
        now.Checkpoint?.Epoch == Checkpoint?.Epoch && now.Manifest.LogStartOffset == Manifest.LogStartOffset
        && now.Manifest.Segments.SequenceEqual(Manifest.Segments);

    /// <summary>
    /// Reads both. The checkpoint comes first: the manifest then has its segments, unless a recovery came in between. A
    /// missing manifest counts as empty, as in an opening; other checks decide whether it may be missing.
    /// </summary>
    /// <param name="files">The file system.</param>
    /// <param name="identity">The partition.</param>
    /// <param name="session">The state in which the last owner left the log.</param>
    /// <exception cref="CorruptLogException">
    /// One is damaged, or was being written. Only a second read shows which.
    /// </exception>
    /// <exception cref="FileSystemException">The file system failed.</exception>
    public static FollowedFiles Read(FileSystem files, PartitionIdentity identity, SessionState session)
    {
        if (DamageFile.FindError(files, identity) is { } damage)
        {
            throw damage;
        }

        new ClosedCheck(identity, session).RequireFiles(files);
        Checkpoint? checkpoint;
        long position;
        using (CheckpointFile file = CheckpointFile.Open(files, identity.Directory, identity.TopicUid, identity.Id))
        {
            checkpoint = file.Current;
            position = file.Position;
        }

        ManifestState state = new();
        string path = Path.Combine(identity.Directory, Files.Manifests.Manifest.FileName);
        try
        {
            using LogFile file = files.OpenFile(path, FileOpening.Read);
            ManifestReader reader = new(file, identity.TopicUid, identity.Id);
            reader.Read(state);
            if ((session.Clean || session.CacheSurvived) && reader.TornBytes > 0)
            {
                throw StoredFile.Damaged(
                    path, reader.End, "a record", $"{Units.Number(reader.TornBytes)} other bytes", identity.Id);
            }
        }
        catch (FileSystemException failure) when (
            failure.Error == FileSystemError.NotFound && files.DirectoryExists(identity.Directory))
        {
            // Nothing was appended yet. If that is wrong, the checkpoint and the segments' files show it.
        }

        return new FollowedFiles(state, checkpoint, position);
    }
}

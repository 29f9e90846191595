using EmbeddedLog.Files;
using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions.Recovery;


namespace EmbeddedLog.Following;

/// <summary>
/// The small files of a partition as they are at one moment while its owner changes them: read, never written.
/// </summary>
/// <param name="Manifest">The list of segments.</param>
/// <param name="Checkpoint">What was proven durable; null before the first.</param>
/// <param name="CheckpointPosition">Where that stands in its file.</param>
internal sealed record FollowedFiles(ManifestState Manifest, Checkpoint? Checkpoint, long CheckpointPosition)
{
    /// <summary>
    /// Whether the partition is still the same: where a recovery comes between, it replaces the manifest before it
    /// deletes a file, so that a walk which ended at a missing one was not of what there is now.
    /// </summary>
    public bool IsStill(FollowedFiles now) =>
        now.Checkpoint?.Epoch == Checkpoint?.Epoch && now.Manifest.LogStartOffset == Manifest.LogStartOffset
        && now.Manifest.Segments.SequenceEqual(Manifest.Segments);

    /// <summary>
    /// Reads both. The checkpoint comes first: what it speaks of is in the manifest then, unless a recovery came
    /// between. A manifest that is missing is an empty one, as for an opening; whether one may be, others tell.
    /// </summary>
    /// <param name="files">The file system.</param>
    /// <param name="identity">The partition.</param>
    /// <param name="session">How the last owner left the log.</param>
    /// <exception cref="CorruptLogException">
    /// One is damaged, or was being written: only a second look tells which.
    /// </exception>
    /// <exception cref="FileSystemException">The file system failed.</exception>
    public static FollowedFiles Read(FileSystem files, PartitionIdentity identity, SessionState session)
    {
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
                    path, reader.End, "a record", $"{reader.TornBytes} other bytes", identity.Id);
            }
        }
        catch (FileSystemException failure) when (
            failure.Error == FileSystemError.NotFound && files.DirectoryExists(identity.Directory))
        {
            // Nothing was appended yet, or the checkpoint and the segments' files say otherwise.
        }

        return new FollowedFiles(state, checkpoint, position);
    }
}

using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Storage;

namespace EmbeddedLog.Following;

/// <summary>
/// The small files of a partition as they are at one moment while its owner changes them: read, never written.
/// </summary>
/// <param name="Manifest">The list of segments.</param>
/// <param name="Checkpoint">What was proven durable; null before the first.</param>
internal sealed record FollowedFiles(ManifestState Manifest, Checkpoint? Checkpoint)
{
    /// <summary>
    /// Reads both. The checkpoint comes first: what it speaks of is in the manifest then, unless a recovery came
    /// between.
    /// </summary>
    /// <exception cref="CorruptLogException">
    /// One is damaged, or was being written: only a second look tells which.
    /// </exception>
    /// <exception cref="FileSystemException">The file system failed.</exception>
    public static FollowedFiles Read(FileSystem files, PartitionIdentity identity)
    {
        Checkpoint? checkpoint;
        using (CheckpointFile file = CheckpointFile.Open(files, identity.Directory, identity.TopicUid, identity.Id))
        {
            checkpoint = file.Current;
        }

        ManifestState state = new();
        string path = Path.Combine(identity.Directory, Storage.Manifest.FileName);
        try
        {
            using LogFile file = files.OpenFile(path, FileOpening.Read);
            new ManifestReader(file, identity.TopicUid, identity.Id).Read(state);
        }
        catch (FileSystemException failure) when (
            failure.Error == FileSystemError.NotFound
            && checkpoint is null && files.DirectoryExists(identity.Directory))
        {
            // Nothing was appended yet.
        }

        return new FollowedFiles(state, checkpoint);
    }
}

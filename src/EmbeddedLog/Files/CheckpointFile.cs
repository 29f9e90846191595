using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format;
using EmbeddedLog.IO;

namespace EmbeddedLog.Files;

/// <summary>
/// A partition's checkpoint: the proven durable end at its last write. If a crash takes the newest one, recovery takes
/// longer, but no record is lost, because the one before it is still true. The caller serializes all calls.
/// </summary>
internal sealed class CheckpointFile : IDisposable
{
    /// <summary>The file's name in the partition's directory.</summary>
    public const string FileName = "checkpoint";

    private readonly TwoSlotFile _slots;
    private readonly ulong _topicUid;
    private readonly TopicPartition _id;

    private CheckpointFile(TwoSlotFile slots, ulong topicUid, TopicPartition id)
    {
        _slots = slots;
        _topicUid = topicUid;
        _id = id;
    }

    /// <summary>The newest checkpoint; null before the first, or when the file is missing.</summary>
    public Checkpoint? Current { get; private set; }

    /// <summary>
    /// The newest generation, zero while there is none; only a hint for threads other than the writer's.
    /// </summary>
    public ulong Generation => _slots.Generation;

    /// <summary>The file's path.</summary>
    public string Path => _slots.Path;

    /// <summary>The position of the newest page in the file.</summary>
    public long Position => _slots.Position;

    /// <summary>Whether a flush has failed, after which nothing is written any more.</summary>
    public bool HasFailed => _slots.HasFailed;

    /// <summary>Opens the file, which need not exist.</summary>
    /// <param name="files">The file system.</param>
    /// <param name="directory">The partition's directory.</param>
    /// <param name="topicUid">The topic's uid, which the checkpoint must have.</param>
    /// <param name="id">The partition, which the checkpoint must be of.</param>
    /// <param name="isOnDisk">
    /// Whether everything found is known to be on the disk, because the last owner closed the log cleanly. If not, the
    /// first <see cref="Write"/> writes it again.
    /// </param>
    /// <exception cref="CorruptLogException">Neither slot is intact, or the newest is of another one.</exception>
    /// <exception cref="UnsupportedFormatException">A newer version of the library wrote it.</exception>
    public static CheckpointFile Open(
        FileSystem files, string directory, ulong topicUid, TopicPartition id, bool isOnDisk = false)
    {
        string path = System.IO.Path.Combine(directory, FileName);
        TwoSlotFile slots = TwoSlotFile.Open(files, path, Checkpoint.Magic, isOnDisk, out byte[]? page, id);
        CheckpointFile file = new(slots, topicUid, id);
        if (page is not null)
        {
            file.Read(page);
        }

        return file;
    }

    /// <summary>
    /// Makes <paramref name="next"/> current and durable. Its generation is ignored; the file counts generations. Call
    /// it only when the end in it is durable. When it throws, <see cref="Current"/> is unchanged.
    /// </summary>
    public void Write(in Checkpoint next)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(next.DurableEndOffset);
        ArgumentOutOfRangeException.ThrowIfNegative(next.DurableEndPosition);
        ArgumentOutOfRangeException.ThrowIfNegative(next.LogStartOffset);
        Span<byte> page = stackalloc byte[TwoSlotPage.Bytes];
        next.WriteFields(page, _topicUid, _id.Partition);
        _slots.Write(page);
        Current = next with { Generation = _slots.Generation };
    }

    public void Dispose() => _slots.Dispose();

    private void Read(ReadOnlySpan<byte> page)
    {
        bool plausible = Checkpoint.TryReadFields(
            page, _slots.Generation, out Checkpoint checkpoint, out ulong topicUid, out int partition);
        if (topicUid != _topicUid || partition != _id.Partition)
        {
            throw StoredFile.Damaged(
                _slots.Path,
                _slots.Position,
                $"the checkpoint of partition {_id.Partition} of topic {_topicUid:x16}",
                $"that of partition {partition} of topic {topicUid:x16}",
                _id);
        }

        if (!plausible)
        {
            throw StoredFile.Damaged(
                _slots.Path, _slots.Position, "a checkpoint", $"impossible values ({checkpoint})", _id);
        }

        Current = checkpoint;
    }
}

using EmbeddedLog.Format;
using EmbeddedLog.IO;

namespace EmbeddedLog.Storage;

/// <summary>
/// A partition's checkpoint: what had been proven durable when it was last written. Losing the newest one to a crash
/// costs recovery time, not records, since the one before it is still true. The caller serialises all calls.
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

    /// <summary>Opens the file, which need not exist.</summary>
    /// <exception cref="CorruptLogException">Neither slot is intact, or the newest is not of this
    /// partition.</exception>
    /// <exception cref="UnsupportedFormatException">A newer version of the library wrote it.</exception>
    public static CheckpointFile Open(FileSystem files, string directory, ulong topicUid, TopicPartition id)
    {
        TwoSlotFile slots = TwoSlotFile.Open(files, Path.Combine(directory, FileName), Checkpoint.Magic, id);
        CheckpointFile file = new(slots, topicUid, id);
        try
        {
            file.Read();
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Makes <paramref name="next"/> current and durable; its generation is ignored, the file counts. Not to be called
    /// before what it claims is durable. When it throws, <see cref="Current"/> is as it was.
    /// </summary>
    public void Write(in Checkpoint next)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(next.DurableEndOffset);
        ArgumentOutOfRangeException.ThrowIfNegative(next.DurableEndPosition);
        ArgumentOutOfRangeException.ThrowIfNegative(next.LogStartOffset);
        next.WriteFields(_slots.PrepareNext(), _topicUid, _id.Partition);
        _slots.Write();
        Current = next with { Generation = _slots.Generation };
    }

    public void Dispose() => _slots.Dispose();

    private void Read()
    {
        if (_slots.Generation == 0)
        {
            return;
        }

        bool plausible = Checkpoint.TryReadFields(
            _slots.Current, _slots.Generation, out Checkpoint checkpoint, out ulong topicUid, out int partition);
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

using EmbeddedLog.Format;


namespace EmbeddedLog.Files;

/// <summary>
/// Where a partition tells followers how far it is: in the control file, or in memory that nobody else sees.
/// </summary>
/// <remarks>
/// The end is stored by the partition's writer behind everything that it publishes; the version after the list of
/// segments has changed on disk and before anything is published in a new one. Whoever reads the end first and finds
/// the version unchanged afterwards has all segments that hold what the end counts.
/// </remarks>
internal sealed unsafe class ControlSlot
{
    private readonly ControlFile? _file;
    private readonly byte* _memory;

    /// <summary>What <see cref="_memory"/> points into where it is no map; keeps it alive.</summary>
    private readonly byte[]? _private;

    /// <summary>A slot that the partition's own process alone sees.</summary>
    /// <param name="file">What to write through to where something but an end changes; null for nothing.</param>
    /// <param name="number">The slot's place in the file.</param>
    public ControlSlot(ControlFile? file, int number)
    {
        _file = file;
        Number = number;
        _private = GC.AllocateArray<byte>(2 * ControlLayout.SlotBytes, pinned: true);
        fixed (byte* start = _private)
        {
            _memory = (byte*)(((nint)start + ControlLayout.SlotBytes - 1) & -ControlLayout.SlotBytes);
        }
    }

    /// <summary>A slot in the mapped file.</summary>
    public ControlSlot(byte* memory, int number)
    {
        _memory = memory;
        Number = number;
    }

    /// <summary>The slot's place in the file.</summary>
    public int Number { get; }

    /// <summary>Where to store the published end. Valid until the partition is closed.</summary>
    public long* End => (long*)(_memory + ControlLayout.EndAt);

    /// <summary>The bytes to write through, for a file without a map.</summary>
    public ReadOnlySpan<byte> Bytes => new(_memory, ControlLayout.SlotBytes);

    /// <summary>Gives the slot to a partition, or with a uid of zero to nobody.</summary>
    public void Assign(ulong topicUid, int partition)
    {
        Volatile.Write(ref *(ulong*)(_memory + ControlLayout.TopicUidAt), topicUid);
        Volatile.Write(ref *(int*)(_memory + ControlLayout.PartitionAt), partition);
        NoteChange();
    }

    /// <summary>Says that the list of segments or the log's start is another one on disk.</summary>
    public void NoteChange()
    {
        ref long version = ref *(long*)(_memory + ControlLayout.VersionAt);
        Volatile.Write(ref version, version + 1);
        _file?.WriteThrough(this);
    }

    /// <summary>Says up to where everything is on the disk.</summary>
    public void NoteDurable(long end)
    {
        Volatile.Write(ref *(long*)(_memory + ControlLayout.DurableAt), end);
        Volatile.Write(ref *(ulong*)(_memory + ControlLayout.DurableCheckAt), ControlLayout.DurableCheck(end));
    }
}

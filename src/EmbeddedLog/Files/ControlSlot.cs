using EmbeddedLog.Format;

namespace EmbeddedLog.Files;

/// <summary>
/// The place where a partition publishes its ends for followers: in the control file, or in private memory.
/// </summary>
/// <remarks>
/// The partition's writer stores the end after it has published a record. It stores the version after the list of
/// segments has changed on disk, and before it publishes a record in a new segment. A reader that reads the end first,
/// and then finds the version unchanged, has all segments up to this end.
/// </remarks>
internal sealed unsafe class ControlSlot
{
    private readonly ControlFile? _file;
    private readonly byte* _memory;

    /// <summary>The private memory of <see cref="_memory"/>, if it is not a map; kept alive by this.</summary>
    private readonly byte[]? _private;

    /// <summary>Which durable end is stored to next.</summary>
    private bool _storesOther;

    /// <summary>A slot in private memory.</summary>
    /// <param name="file">The file to which everything but the ends is written through; null for none.</param>
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

    /// <summary>Gives the slot to a partition; with a uid of zero, frees it.</summary>
    public void Assign(ulong topicUid, int partition)
    {
        Volatile.Write(ref *(ulong*)(_memory + ControlLayout.TopicUidAt), topicUid);
        Volatile.Write(ref *(int*)(_memory + ControlLayout.PartitionAt), partition);
        NoteChange();
    }

    /// <summary>Publishes that the list of segments or the log's start has changed on disk.</summary>
    public void NoteChange()
    {
        ref long version = ref *(long*)(_memory + ControlLayout.VersionAt);
        Volatile.Write(ref version, version + 1);
        _file?.WriteThrough(this);
    }

    /// <summary>Publishes the first durable end of a partition, or of a session.</summary>
    public void BeginDurable(long end)
    {
        StoreDurable(ControlLayout.DurableAt, end);
        StoreDurable(ControlLayout.OtherDurableAt, end);
    }

    /// <summary>
    /// Publishes a higher durable end: over the older one of the last two, which stays whole beside it, for a reader
    /// that looks between the end and its check, and for one that comes after a kill there. One caller at a time.
    /// </summary>
    public void NoteDurable(long end)
    {
        StoreDurable(_storesOther ? ControlLayout.OtherDurableAt : ControlLayout.DurableAt, end);
        _storesOther = !_storesOther;
    }

    private void StoreDurable(int at, long end)
    {
        Volatile.Write(ref *(long*)(_memory + at), end);
        Volatile.Write(
            ref *(ulong*)(_memory + at + ControlLayout.ToDurableCheck), ControlLayout.DurableCheck(end));
    }
}

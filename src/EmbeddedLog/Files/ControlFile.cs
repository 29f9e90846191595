using System.Buffers.Binary;
using System.Diagnostics;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format;
using EmbeddedLog.IO;

namespace EmbeddedLog.Files;

/// <summary>
/// The owner's side of the file by which other processes follow a log: one for the log, mapped, with a word that
/// changes with each opening and a slot of one cache line for each partition. See FORMAT.md, "Control".
/// </summary>
/// <remarks>
/// <para>
/// It is not evidence about the log, is never flushed, and nothing fails without it: slots are then memory of this
/// process, and followers read the log's files to find new records.
/// </para>
/// <para>
/// If stores to a map are not safe, it is written instead of mapped. It then has no ends, because they would cost each
/// append a call. Followers find them by the frames.
/// </para>
/// </remarks>
internal sealed unsafe class ControlFile : IDisposable
{
    /// <summary>The file's name in the log's directory.</summary>
    public const string FileName = "control";

    private const int FirstSlots = 64;

    private readonly LogFile? _file;
    private readonly bool _mapped;
    private readonly Lock _gate = new();

    /// <summary>
    /// All maps of the file, each longer than the one before; old slots point into old maps. Under the gate.
    /// </summary>
    private readonly List<MappedMemory> _maps = [];

    /// <summary>Free slots; their versions go on counting. Under the gate.</summary>
    private readonly Stack<ControlSlot> _free = new();

    /// <summary>How many slots the file has room for. Under the gate.</summary>
    private int _capacity;

    /// <summary>How many slots were ever used. Under the gate.</summary>
    private int _used;

    /// <summary>Under the gate.</summary>
    private long _topics;

    /// <summary>Under the gate.</summary>
    private bool _disposed;

    private ControlFile(LogFile? file, bool mapped)
    {
        _file = file;
        _mapped = mapped;
    }

    /// <summary>For a partition without a log around it: publishes nothing.</summary>
    public static ControlFile None { get; } = new(null, mapped: false);

    /// <summary>
    /// Opens or makes the file in a directory that the caller owns, and marks the log as being opened, so that
    /// followers ignore the last owner's state. The failure is null on success.
    /// </summary>
    public static ControlFile Open(
        FileSystem files, string directory, in Session session, CacheIdentity identity, FileSystemTraits traits,
        out FileSystemException? failure)
    {
        string path = Path.Combine(directory, FileName);
        LogFile? file = null;
        ControlFile? control = null;
        try
        {
            file = files.OpenFile(path, FileOpening.OpenOrCreate);
            control = new ControlFile(file, traits.CanMap);
            control.Begin(session, identity);
            failure = null;
            return control;
        }
        catch (FileSystemException exception)
        {
            failure = exception;
            control?.Dispose();
            file?.Dispose();
            TryDelete(files, path);
            return new ControlFile(null, mapped: false);
        }
    }

    /// <summary>Gives a partition its slot.</summary>
    public ControlSlot Rent(ulong topicUid, int partition)
    {
        lock (_gate)
        {
            AssertInvariants();
            if (!_free.TryPop(out ControlSlot? slot))
            {
                slot = TakeSlotUnsynchronized();
            }

            *slot.End = 0;
            slot.BeginDurable(0);
            slot.Assign(topicUid, partition);
            return slot;
        }
    }

    /// <summary>Takes back the slot of a partition that is gone for good.</summary>
    public void Return(ControlSlot slot)
    {
        lock (_gate)
        {
            AssertInvariants();
            slot.Assign(0, 0);
            if (slot.Number >= 0)
            {
                // One without a place in the file is not lent again: there may be room for another one now.
                _free.Push(slot);
            }
        }
    }

    /// <summary>Publishes that a topic was made, changed or removed.</summary>
    public void NoteTopics()
    {
        lock (_gate)
        {
            AssertInvariants();
            if (_disposed)
            {
                return;
            }

            _topics++;
            TryWriteWord(ControlLayout.TopicsAt, (ulong)_topics);
        }
    }

    /// <summary>Marks the log as open: from now on the slots are valid.</summary>
    public void MarkOpen(ulong generation) => Mark(generation, ControlState.Open);

    /// <summary>Marks the log as closed: the slots stay valid.</summary>
    public void MarkClosed(ulong generation) => Mark(generation, ControlState.Closed);

    /// <summary>Writes a slot to a file that is not mapped.</summary>
    public void WriteThrough(ControlSlot slot)
    {
        Span<byte> bytes = stackalloc byte[ControlLayout.SlotBytes];
        slot.Bytes.CopyTo(bytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[ControlLayout.EndAt..], ControlLayout.Unpublished);
        TryWrite(bytes, ControlLayout.PositionOf(slot.Number));
    }

    /// <summary>Unmaps and closes. No partition may use its slot any more.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            AssertInvariants();
            _disposed = true;
            _maps.ForEach(map => map.Dispose());
            _maps.Clear();
            _file?.Dispose();
        }
    }

    private static void TryDelete(FileSystem files, string path)
    {
        try
        {
            files.DeleteFile(path);
        }
        catch (FileSystemException)
        {
            // An existing file belongs to an earlier opening, as its word says; the session has the present generation.
        }
    }

    private void Begin(in Session session, CacheIdentity identity)
    {
        // The file stays the same over openings, so that a process that has mapped it sees the next one begin.
        Span<byte> block = stackalloc byte[ControlLayout.BlockBytes];
        block = block[.._file!.Read(block, 0)];
        ulong instance = ControlHeader.TryRead(block, out ControlHeader old) && old.LogUid == session.LogUid
            ? old.Instance
            : Uids.New();
        GrowUnsynchronized(FirstSlots);
        WriteWord(ControlLayout.WordAt, ControlLayout.Word(session.Generation, ControlState.Opening));
        Span<byte> header = stackalloc byte[ControlLayout.BlockBytes];
        new ControlHeader(
            session.LogUid, instance, identity.BootHigh, identity.BootLow, identity.Device, identity.Mount)
            .Write(header);
        _topics = ReadTopics() + 1;
        WriteWord(ControlLayout.TopicsAt, (ulong)_topics);
        Write(header, 0);
    }

    private void Mark(ulong generation, ControlState state)
    {
        lock (_gate)
        {
            AssertInvariants();
            if (!_disposed)
            {
                TryWriteWord(ControlLayout.WordAt, ControlLayout.Word(generation, state));
            }
        }
    }

    private long ReadTopics()
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        return _file!.Read(bytes, ControlLayout.TopicsAt) == bytes.Length
            ? BinaryPrimitives.ReadInt64LittleEndian(bytes)
            : 0;
    }

    private ControlSlot TakeSlotUnsynchronized()
    {
        int number = _used;
        if (_file is null || (number >= _capacity && !TryGrowUnsynchronized()))
        {
            return new ControlSlot(file: null, -1);
        }

        _used++;
        if (_mapped)
        {
            return new ControlSlot(_maps[^1].Pointer + ControlLayout.PositionOf(number), number);
        }

        return new ControlSlot(this, number);
    }

    private bool TryGrowUnsynchronized()
    {
        try
        {
            GrowUnsynchronized(2 * _capacity);
            return true;
        }
        catch (FileSystemException)
        {
            return false;
        }
    }

    /// <summary>Makes room for more slots, and reserves their blocks, before their number is published.</summary>
    private void GrowUnsynchronized(int slots)
    {
        long bytes = ControlLayout.PositionOf(slots);
        if (_mapped)
        {
            _file!.Allocate(0, bytes);
            _maps.Add(_file.Map(bytes, writable: true));
        }
        else
        {
            _file!.SetLength(Math.Max(bytes, _file.Length));
        }

        _capacity = slots;
        WriteWord(ControlLayout.SlotsAt, (ulong)slots);
    }

    private void TryWriteWord(int position, ulong value)
    {
        if (_mapped)
        {
            WriteWord(position, value);
        }
        else if (_file is not null)
        {
            Span<byte> bytes = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
            TryWrite(bytes, position);
        }
    }

    private void WriteWord(int position, ulong value)
    {
        if (_mapped)
        {
            Volatile.Write(ref *(ulong*)(_maps[0].Pointer + position), value);
        }
        else
        {
            Span<byte> bytes = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
            _file!.Write(bytes, position);
        }
    }

    private void Write(ReadOnlySpan<byte> bytes, long position)
    {
        if (_mapped)
        {
            bytes.CopyTo(new Span<byte>(_maps[0].Pointer + position, bytes.Length));
        }
        else
        {
            _file!.Write(bytes, position);
        }
    }

    private void TryWrite(ReadOnlySpan<byte> bytes, long position)
    {
        try
        {
            _file?.Write(bytes, position);
        }
        catch (FileSystemException)
        {
            // Without this, a follower finds the next segment by the seal of the last one.
        }
    }

    /// <summary>Checks what must hold when the gate is taken and released.</summary>
    [Conditional("DEBUG")]
    private void AssertInvariants()
    {
        Debug.Assert(_gate.IsHeldByCurrentThread, "The gate is not held.");
        Debug.Assert(_used <= _capacity, "More slots were given out than there is room for.");
        Debug.Assert(_mapped || _maps.Count == 0, "A file is mapped that is written.");
    }
}

using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Manifests;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;
using EmbeddedLog.Segments.Writing;

namespace EmbeddedLog.Segments.Reading;

/// <summary>
/// One segment as its readers see it: an offset range, and memory that is mapped when somebody looks and unmapped when
/// nobody does. Whoever uses a pointer into it is inside a <see cref="ReaderSlot"/> or holds a lease.
/// </summary>
internal sealed unsafe class Segment
{
    /// <summary>How much is made present at once.</summary>
    public const long ChunkBytes = 1 << 20;

    /// <summary>How much is made present at once where another process is writing.</summary>
    private const long TailStepBytes = 128 << 10;

    private readonly SegmentResources _resources;
    private readonly TopicPartition _partition;
    private readonly string _directory;

    /// <summary>
    /// How many bytes the owner's file may get, as far as is known; zero where this process is the owner.
    /// </summary>
    private readonly long _mapAhead;

    /// <summary>
    /// Guards mapping, unmapping, leases and the descriptor; never taken by a read of a mapped segment.
    /// </summary>
    private readonly Lock _gate = new();

    /// <summary>The first mapped byte, or zero. Written under the gate, read by every reader without it.</summary>
    private nint _base;

    /// <summary>What <see cref="_base"/> points into. Under the gate.</summary>
    private MappedMemory? _map;

    /// <summary>
    /// A bit for each chunk that is known to be present; null where this process wrote the segment, so that all of it
    /// is. Replaced under the gate, bits set under it, read without it.
    /// </summary>
    private ulong[]? _presentChunks;

    /// <summary>
    /// The end of what was made present of a segment that another process is writing, since that was let go of last.
    /// Under the gate.
    /// </summary>
    private long _preparedEnd;

    /// <summary>What keeps the map. Under the gate.</summary>
    private SegmentLeases _leases;

    /// <summary>
    /// Whether retention, or the end of the log, has taken the segment away. Set once under the gate, read by anyone.
    /// </summary>
    private bool _removed;

    /// <summary>
    /// The first page that this process alone has written, or will. Under <see cref="_gate"/>. To ask for it before
    /// would be worse than useless: on tmpfs it takes a page of the disk, and fails where that is full.
    /// </summary>
    private long _ownFrom = long.MaxValue;

    /// <summary>
    /// Written once by the partition's writer when the segment ends, position first; read by everyone. Who follows
    /// writes them again where a recovery has taken the end back.
    /// </summary>
    private long _endOffset = long.MaxValue;
    private long _endPosition = long.MaxValue;

    /// <summary>How many bytes may be touched. Grows as the writer reserves blocks; read by everyone.</summary>
    private long _readableBytes;

    /// <param name="resources">What all segments share.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="directory">The partition's directory.</param>
    /// <param name="entry">What the manifest says.</param>
    /// <param name="mapAhead">
    /// In a process that follows another's log, how large the file may get; more is found out when it is needed.
    /// </param>
    public Segment(
        SegmentResources resources,
        TopicPartition partition,
        string directory,
        in SegmentEntry entry,
        long mapAhead = 0)
    {
        _resources = resources;
        _partition = partition;
        _mapAhead = mapAhead;
        Entry = entry;
        _directory = directory;
        CrcSeed = FrameCrc.SegmentSeed(entry.Uid);
        Index = new SegmentIndexSlot(this, resources);
    }

    /// <summary>What the manifest says of the segment.</summary>
    public SegmentEntry Entry { get; }

    /// <summary>
    /// The segment's file. Made when it is asked for: kept, it would be most of what a segment weighs.
    /// </summary>
    public string Path => SegmentFileName.Of(_directory, Entry.Sequence);

    /// <summary>The file of the segment's sparse index.</summary>
    public string IndexPath => SegmentFileName.IndexOf(_directory, Entry.Sequence);

    /// <summary>The segment's part of every frame's CRC.</summary>
    public uint CrcSeed { get; }

    /// <summary>The segment's sparse index, made when somebody asks.</summary>
    public SegmentIndexSlot Index { get; }

    /// <summary>The offset of the segment's first record.</summary>
    public long BaseOffset => Entry.BaseOffset;

    /// <summary>
    /// The first offset that is not in the segment; <see cref="long.MaxValue"/> while it is written to.
    /// </summary>
    public long EndOffset => Volatile.Read(ref _endOffset);

    /// <summary>
    /// Where the segment's records end in its file; <see cref="long.MaxValue"/> while it is written to.
    /// </summary>
    public long EndPosition => Volatile.Read(ref _endPosition);

    /// <summary>How many bytes from the beginning may be touched.</summary>
    public long ReadableBytes => Volatile.Read(ref _readableBytes);

    /// <summary>
    /// Whether the segment was read since <see cref="OpenSegments"/> last looked; a hint, so no order matters.
    /// </summary>
    public bool RecentlyUsed { get; set; }

    /// <summary>Where the segment stands in <see cref="OpenSegments"/>, or null; under the gate of those.</summary>
    public LinkedListNode<Segment>? Listed { get; set; }

    /// <summary>Whether the memory is mapped; stays so, once seen inside a slot, until the slot is left.</summary>
    public bool IsMapped => Volatile.Read(ref _base) != 0;

    /// <summary>Whether another process writes the segment, so that its file may grow, or go, at any time.</summary>
    public bool IsFollowed => _mapAhead != 0;

    /// <summary>Whether the segment has ended without a record; then its file is never looked at.</summary>
    public bool IsEmpty => EndOffset <= BaseOffset;

    /// <summary>Whether the segment was taken away for good.</summary>
    public bool IsRemoved => Volatile.Read(ref _removed);

    /// <summary>
    /// Whether the segment was removed before anybody told where it ends: its owner ended and removed it between two
    /// looks of this process, which follows.
    /// </summary>
    public bool IsWithoutEnd => IsFollowed && IsRemoved && EndOffset == long.MaxValue;

    /// <summary>The partition that the segment belongs to.</summary>
    public TopicPartition Partition => _partition;

    /// <summary>Says where the segment ends. Called once by the partition's writer, or by recovery.</summary>
    public void End(long endOffset, long endPosition)
    {
        Volatile.Write(ref _endPosition, endPosition);
        Volatile.Write(ref _endOffset, endOffset);
    }

    /// <summary>Says how far the segment may be read. Only grows while it is written to.</summary>
    public void SetReadable(long bytes) => Volatile.Write(ref _readableBytes, bytes);

    /// <summary>Gives the segment the map that its writer made.</summary>
    /// <param name="map">The map.</param>
    /// <param name="presentFrom">The position from which all was, or will be, written by this process.</param>
    public void Attach(MappedMemory map, long presentFrom)
    {
        lock (_gate)
        {
            _map = map;
            _ownFrom = (presentFrom + Environment.SystemPageSize - 1) & -Environment.SystemPageSize;
            Volatile.Write(
                ref _presentChunks, presentFrom <= SegmentHeader.PageBytes ? null : NewChunks(presentFrom));
            Volatile.Write(ref _base, (nint)map.Pointer);
        }
    }

    /// <summary>
    /// The segment's first byte, mapping it if need be; null once the segment was removed. Inside a slot only.
    /// </summary>
    /// <exception cref="CorruptLogException">The file is missing, too short, or not the segment it should
    /// be.</exception>
    public byte* GetBase()
    {
        nint mapped = Volatile.Read(ref _base);
        return mapped != 0 ? (byte*)mapped : Open();
    }

    /// <summary>
    /// Finds out how far a file that another process writes has grown, where a position beyond what is known of it is
    /// wanted, and maps it anew where it has outgrown its map. Inside a slot.
    /// </summary>
    /// <param name="end">The position behind the last byte that is wanted.</param>
    /// <param name="memory">The first byte as the caller knows it; moved where the map is another one.</param>
    /// <returns>False where the file, or the segment, is gone.</returns>
    public bool TryExtend(long end, ref byte* memory)
    {
        while (true)
        {
            byte* present = GetBase();
            if (present == null)
            {
                return false;
            }

            memory = present;
            if (end <= ReadableBytes)
            {
                return true;
            }

            lock (_gate)
            {
                if (_map is not null)
                {
                    bool found = TryMapUnsynchronized();
                    memory = (byte*)_base;
                    return found;
                }
            }

            // It was closed to make room for another one since.
        }
    }

    /// <summary>
    /// Lets go of the pages where another process is writing. As long as somebody else has them mapped it cannot drop
    /// huge pages after a bulk, and would write 2 MiB to the device for each small flush.
    /// </summary>
    public void LetGoOfTail()
    {
        lock (_gate)
        {
            if (_map is not null && _preparedEnd > 0)
            {
                long start = (_preparedEnd - 1) & -MappedSegmentWriter.LargePageBytes;
                _map.LetGo(start, _map.Length - start);
            }

            _preparedEnd = 0;
        }
    }

    /// <summary>
    /// Says up to where the memory may be touched, at least to the end of the given range unless the segment ends
    /// before. Pages that this process did not write are made present through the system first, so that damage to the
    /// medium is an exception where a touch would be the end of the process. Inside a slot.
    /// </summary>
    /// <exception cref="LogIOException">The system cannot read the range.</exception>
    public long MakeTouchable(long position, long length)
    {
        long readable = ReadableBytes;
        long end = Math.Min(readable, position + length);
        ulong[]? present = Volatile.Read(ref _presentChunks);
        if (present is null || end <= position || position / ChunkBytes >= 64L * present.Length)
        {
            return readable;
        }

        if (IsFollowed && EndOffset == long.MaxValue)
        {
            return PrepareTail(position, Math.Min(readable, Math.Max(end, position + TailStepBytes)));
        }

        long last = (end - 1) / ChunkBytes;
        long lastWithBit = Math.Min(last, (64L * present.Length) - 1);
        for (long chunk = position / ChunkBytes; chunk <= lastWithBit; chunk++)
        {
            ulong bit = 1UL << (int)(chunk & 63);
            if ((Volatile.Read(ref present[chunk >> 6]) & bit) == 0)
            {
                FaultIn(present, chunk, bit, readable);
            }
        }

        return Math.Min(readable, (last + 1) * ChunkBytes);
    }

    /// <summary>
    /// Keeps the memory around an address mapped until <see cref="ReleaseLease"/>. False where that memory was let go
    /// of since the caller found the address in it: then only the caller's slot keeps it, and a lease comes too late.
    /// </summary>
    public bool TryAddLease(byte* address)
    {
        // Before the lock, under which no clock of the user's is asked; only the first lease needs it.
        DateTimeOffset now = _leases.Count == 0 ? _resources.Platform.Time.GetUtcNow() : default;
        lock (_gate)
        {
            if (_map is null || address < _map.Pointer || address >= _map.Pointer + _map.Length)
            {
                return false;
            }

            _leases.Add(now);
            return true;
        }
    }

    /// <summary>Says who holds leases; null where nobody does.</summary>
    public SegmentPin? GetPin()
    {
        lock (_gate)
        {
            return _leases.Count == 0 || _map is null
                ? null
                : new SegmentPin(
                    _partition, BaseOffset, Path, _map.Length, _leases.Count, readers: 0, _removed, _leases.Since);
        }
    }

    /// <summary>Gives up a lease; the last one lets go of memory that was only kept for it.</summary>
    public void ReleaseLease()
    {
        MappedMemory? unneeded = null;
        List<MappedMemory>? outgrown;
        bool closed = false;
        lock (_gate)
        {
            if (_leases.ReleaseLast(out outgrown))
            {
                closed = _removed || _leases.CloseWithLast;
                if (_removed)
                {
                    _resources.Removed.Forget(this);
                }

                unneeded = closed ? Detach() : null;
            }
        }

        if (closed)
        {
            Index.Drop();
        }

        Retire(unneeded);
        outgrown?.ForEach(Retire);
    }

    /// <summary>
    /// Unmaps, or where leases hold the memory has the last one do so; the next reader maps it again.
    /// </summary>
    public void CloseOrLeaveToLeases()
    {
        MappedMemory? unneeded;
        lock (_gate)
        {
            if (_leases.Count != 0)
            {
                _leases.CloseWithLast = true;
                return;
            }

            unneeded = Detach();
        }

        Index.Drop();
        Retire(unneeded);
    }

    /// <summary>
    /// Takes the segment away for good: nobody maps it again, and it is unmapped when the last reader leaves. What
    /// was kept in memory for it goes as well.
    /// </summary>
    public void Remove()
    {
        MappedMemory? unneeded = null;
        lock (_gate)
        {
            Volatile.Write(ref _removed, true);
            if (_leases.Count == 0)
            {
                unneeded = Detach();
            }
            else
            {
                _resources.Removed.Add(this);
            }
        }

        _resources.Open.Forget(this);
        Index.Drop();
        Retire(unneeded);
    }

    /// <summary>Chunks beyond those were written by this process, and need no bit.</summary>
    private static ulong[] NewChunks(long bytes) => new ulong[(bytes / ChunkBytes / 64) + 1];

    /// <summary>
    /// Makes pages present that another process may store to at any time: a little at once, and for no longer than
    /// somebody reads, see <see cref="LetGoOfTail"/>.
    /// </summary>
    private long PrepareTail(long position, long end)
    {
        lock (_gate)
        {
            if (_map is not null && !_map.TryPrepareForRead(position, end - position))
            {
                throw SegmentErrors.Unreadable(_partition, Path, position);
            }

            _preparedEnd = Math.Max(_preparedEnd, end);
            return end;
        }
    }

    private void FaultIn(ulong[] present, long chunk, ulong bit, long readable)
    {
        long from = chunk * ChunkBytes;
        lock (_gate)
        {
            // Without a map the caller holds pointers into one that is kept for it; there is nothing to ask any more.
            long end = Math.Min(Math.Min(from + ChunkBytes, readable), _ownFrom);
            if (_map is not null && end > from && !_map.TryPrepareForRead(from, end - from))
            {
                throw SegmentErrors.Unreadable(_partition, Path, from);
            }

            if (!IsFollowed || from + ChunkBytes <= readable)
            {
                // Of a chunk that is not known whole yet, the rest must be asked for later.
                Volatile.Write(ref present[chunk >> 6], present[chunk >> 6] | bit);
            }
        }
    }

    private byte* Open()
    {
        byte* pointer;
        lock (_gate)
        {
            if (_map is not null || _removed)
            {
                return (byte*)_base;
            }

            if (IsFollowed)
            {
                if (!TryMapUnsynchronized())
                {
                    return null;
                }
            }
            else
            {
                _map = SegmentOpening.MapForReading(_resources.Platform.Files, this);
                SetReadable(EndPosition);
                Volatile.Write(ref _presentChunks, NewChunks(EndPosition));
                Volatile.Write(ref _base, (nint)_map.Pointer);
            }

            pointer = (byte*)_base;
        }

        // Outside the gate: making room may close another segment, or this very one, whose memory the slot keeps.
        _resources.Open.Opened(this);
        return pointer;
    }

    /// <summary>
    /// Maps the file of another process's segment, or maps it anew where it has grown beyond the map; false where there
    /// is none any more. What was mapped before stays for whoever is inside.
    /// </summary>
    private bool TryMapUnsynchronized()
    {
        MappedMemory? outgrown = _map;
        if (!SegmentOpening.TryMapShared(_resources.Platform.Files, this, _mapAhead, ref _map, out long readable))
        {
            return false;
        }

        if (_map != outgrown)
        {
            Volatile.Write(ref _presentChunks, NewChunks(_map!.Length));
            Volatile.Write(ref _base, (nint)_map.Pointer);
            if (outgrown is null || !_leases.TryKeep(outgrown))
            {
                Retire(outgrown);
            }
        }

        SetReadable(readable);
        return true;
    }

    private MappedMemory? Detach()
    {
        MappedMemory? map = _map;
        _map = null;
        _leases.CloseWithLast = false;
        _ownFrom = long.MaxValue;
        Volatile.Write(ref _base, 0);
        return map;
    }

    private void Retire(MappedMemory? map)
    {
        if (map is not null)
        {
            _resources.Readers.Retire(map, this, _resources.Platform.Time.GetUtcNow());
        }
    }
}

using System.Diagnostics;
using EmbeddedLog.Format.Manifests;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;
using EmbeddedLog.Segments.Index;

namespace EmbeddedLog.Segments.Reading;

/// <summary>
/// One segment for its readers: an offset range, and memory that is mapped when it is read and unmapped when it is not.
/// Code that uses a pointer into it is inside a <see cref="ReaderSlot"/> or holds a lease.
/// </summary>
internal abstract unsafe class Segment : SegmentExtent
{
    // Over 400 lines: mapping, leases and removal change together under one gate.

    /// <summary>How much is made present at once.</summary>
    public const long ChunkBytes = 1 << 20;

    private readonly SegmentResources _resources;

    /// <summary>The first mapped byte, or zero. Written under the gate, read by every reader without it.</summary>
    private nint _base;

    /// <summary>The map of <see cref="_base"/>. Under the gate.</summary>
    private MappedMemory? _map;

    /// <summary>
    /// A bit for each chunk that is known to be present; null if this process wrote the whole segment. Replaced under
    /// the gate, bits set under it, read without it.
    /// </summary>
    private ulong[]? _presentChunks;

    /// <summary>The leases that keep the map. Under the gate.</summary>
    private SegmentLeases _leases;

    /// <summary>Whether the segment was removed for good. Set once under the gate, read by anyone.</summary>
    private bool _removed;

    /// <summary>
    /// The first page that only this process has written or will write. Under the gate. It must not be read ahead: on
    /// tmpfs that takes a page of the disk, and fails if the disk is full.
    /// </summary>
    private long _ownFrom = long.MaxValue;

    /// <summary>How many bytes are safe to read. Grows as the writer reserves blocks; read by everyone.</summary>
    private long _readableBytes;

    /// <param name="resources">What all segments share.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="directory">The partition's directory.</param>
    /// <param name="entry">Its entry in the manifest.</param>
    protected Segment(
        SegmentResources resources, TopicPartition partition, string directory, in SegmentEntry entry)
        : base(partition, directory, entry)
    {
        _resources = resources;
        Index = new SegmentIndexHolder(this, resources);
    }

    /// <summary>The segment's sparse index, made when it is needed.</summary>
    public SegmentIndexHolder Index { get; }

    /// <summary>
    /// How many bytes from the beginning are safe to read, in the memory that <see cref="GetBase"/> gives afterwards.
    /// Memory that was got before may be shorter.
    /// </summary>
    public long ReadableBytes => Volatile.Read(ref _readableBytes);

    /// <summary>
    /// Whether the segment was read since the last look of <see cref="OpenSegments"/>; a hint, so no order matters.
    /// </summary>
    public bool RecentlyUsed { get; set; }

    /// <summary>The segment's node in <see cref="OpenSegments"/>, or null; under the gate of those.</summary>
    public LinkedListNode<Segment>? Listed { get; set; }

    /// <summary>Whether the memory is mapped; stays so, once seen inside a slot, until the slot is left.</summary>
    public bool IsMapped => Volatile.Read(ref _base) != 0;

    /// <summary>
    /// Whether this process owns the segment's files. If not, they may grow or be removed at any time.
    /// </summary>
    public abstract bool IsOwned { get; }

    /// <summary>Whether the segment was removed for good.</summary>
    public bool IsRemoved => Volatile.Read(ref _removed);

    /// <summary>
    /// Whether the segment was removed before its end was known: its owner ended and removed it between two looks of
    /// this following process.
    /// </summary>
    public bool IsWithoutEnd => IsRemoved && EndOffset == long.MaxValue && !IsOwned;

    /// <summary>The file system of the segment's file.</summary>
    protected FileSystem Files => _resources.Platform.Files;

    /// <summary>
    /// Guards mapping, unmapping, leases and the descriptor; never taken by a read of a mapped segment.
    /// </summary>
    protected Lock Gate { get; } = new();

    /// <summary>The map, or null. Under the gate.</summary>
    protected MappedMemory? MapUnsynchronized => _map;

    /// <summary>
    /// Sets how far the segment may be read. Only grows while it is written to. Where the memory has that length from
    /// the first reader on, this is set before the memory is given out, or a reader between the two would take the
    /// segment for damaged.
    /// </summary>
    public void SetReadable(long bytes) => Volatile.Write(ref _readableBytes, bytes);

    /// <summary>Gives the segment the map that its writer made.</summary>
    /// <param name="map">The map.</param>
    /// <param name="presentFrom">The position from which on only this process has written or will write.</param>
    public void Attach(MappedMemory map, long presentFrom)
    {
        lock (Gate)
        {
            AssertInvariants();
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
    /// <exception cref="CorruptLogException">The file is missing, too short, or another segment.</exception>
    public byte* GetBase()
    {
        nint mapped = Volatile.Read(ref _base);
        return mapped != 0 ? (byte*)mapped : Open();
    }

    /// <summary>Finds the file's present length, to reach a position beyond the known one. Inside a slot.</summary>
    /// <param name="end">The position behind the last needed byte.</param>
    /// <param name="memory">The caller's first byte; changed if the map was replaced.</param>
    /// <param name="readable">How many bytes of that memory are safe to read.</param>
    /// <returns>False if the file, or the segment, is gone.</returns>
    public abstract bool TryExtend(long end, ref byte* memory, out long readable);

    /// <summary>Drops pages from the map that another process writes to and readers have brought in.</summary>
    public abstract void LetGoOfTail();

    /// <summary>
    /// The segment's index, as far as it helps to find an offset below the end of the log. Inside a slot.
    /// </summary>
    /// <exception cref="CorruptLogException">It had to be made and a frame is damaged.</exception>
    public abstract SegmentIndex GetIndexUpTo(long offset);

    /// <summary>Drops the index; it is made again when it is needed.</summary>
    public virtual void DropIndex() => Index.Drop();

    /// <summary>
    /// Returns up to where the memory is safe to read: at least to the end of the range, unless the segment ends
    /// before. Pages that this process did not write are made present by a system call first, so that damage to the
    /// medium is an exception, while an access would end the process. Inside a slot.
    /// </summary>
    /// <param name="position">The first byte of the range.</param>
    /// <param name="length">Its length.</param>
    /// <param name="readable">What <see cref="TryExtend"/> has told of the caller's memory.</param>
    /// <exception cref="LogIOException">The system cannot read the range.</exception>
    public long MakeTouchable(long position, long length, long readable)
    {
        long end = Math.Min(readable, position + length);
        ulong[]? present = Volatile.Read(ref _presentChunks);
        if (present is null || end <= position || position / ChunkBytes >= 64L * present.Length)
        {
            return readable;
        }

        return MakePresent(present, position, end, readable);
    }

    /// <summary>
    /// Makes a range below <paramref name="readable"/> present, and returns up to where the memory is safe to read.
    /// Called if this process did not write the whole range.
    /// </summary>
    protected abstract long MakePresent(ulong[] present, long position, long end, long readable);

    /// <summary>Maps the file, by <see cref="UseMapUnsynchronized"/>; false if it is gone.</summary>
    protected abstract bool TryMapUnsynchronized();

    /// <summary>Takes a map, and replaces a shorter one, which stays for readers inside.</summary>
    protected void UseMapUnsynchronized(MappedMemory map)
    {
        MappedMemory? outgrown = _map;
        _map = map;
        Volatile.Write(ref _presentChunks, NewChunks(map.Length));
        Volatile.Write(ref _base, (nint)map.Pointer);
        if (outgrown is null || !_leases.TryKeep(outgrown))
        {
            Retire(outgrown);
        }
    }

    /// <summary>
    /// Makes whole chunks of the range present. If the file may grow, its last chunk counts as present only when all of
    /// it is readable.
    /// </summary>
    protected long MakeChunksPresent(ulong[] present, long position, long end, long readable, bool mayGrow)
    {
        long last = (end - 1) / ChunkBytes;
        long lastWithBit = Math.Min(last, (64L * present.Length) - 1);
        for (long chunk = position / ChunkBytes; chunk <= lastWithBit; chunk++)
        {
            ulong bit = 1UL << (int)(chunk & 63);
            if ((Volatile.Read(ref present[chunk >> 6]) & bit) == 0)
            {
                FaultIn(present, chunk, bit, readable, mayGrow);
            }
        }

        return Math.Min(readable, (last + 1) * ChunkBytes);
    }

    /// <summary>
    /// Keeps the memory around an address mapped until <see cref="ReleaseLease"/>. False if that memory was replaced
    /// since the caller found the address: only the caller's slot keeps it then, and a lease is too late.
    /// </summary>
    public bool TryAddLease(byte* address)
    {
        // Read before the lock, because a user's clock must not be called under it; only the first lease needs it.
        DateTimeOffset now = _leases.Count == 0 ? _resources.Platform.Time.GetUtcNow() : default;
        lock (Gate)
        {
            AssertInvariants();
            if (_map is null || address < _map.Pointer || address >= _map.Pointer + _map.Length)
            {
                return false;
            }

            _leases.Add(now);
            return true;
        }
    }

    /// <summary>The leases on the segment; null if there are none.</summary>
    public SegmentPin? GetPin()
    {
        lock (Gate)
        {
            AssertInvariants();
            return _leases.Count == 0 || _map is null
                ? null
                : new SegmentPin(
                    Partition, BaseOffset, Path, _map.Length, _leases.Count, readers: 0, _removed, _leases.Since);
        }
    }

    /// <summary>Ends a lease. The last one releases memory that was only kept for leases.</summary>
    public void ReleaseLease()
    {
        MappedMemory? unneeded = null;
        List<MappedMemory>? outgrown;
        bool closed = false;
        lock (Gate)
        {
            AssertInvariants();
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
            DropIndex();
        }

        Retire(unneeded);
        outgrown?.ForEach(Retire);
    }

    /// <summary>
    /// Unmaps, or if leases hold the memory leaves that to the last one; the next reader maps it again.
    /// </summary>
    public void CloseOrLeaveToLeases()
    {
        MappedMemory? unneeded;
        lock (Gate)
        {
            AssertInvariants();
            if (_leases.Count != 0)
            {
                _leases.CloseWithLast = true;
                return;
            }

            unneeded = Detach();
        }

        DropIndex();
        Retire(unneeded);
    }

    /// <summary>
    /// Removes the segment for good: it is not mapped again, and it is unmapped when the last reader leaves. Its index
    /// is dropped too.
    /// </summary>
    public void Remove()
    {
        MappedMemory? unneeded = null;
        lock (Gate)
        {
            AssertInvariants();
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
        DropIndex();
        Retire(unneeded);
    }

    /// <summary>Chunks beyond those were written by this process, and need no bit.</summary>
    private static ulong[] NewChunks(long bytes) => new ulong[(bytes / ChunkBytes / 64) + 1];

    private void FaultIn(ulong[] present, long chunk, ulong bit, long readable, bool mayGrow)
    {
        long from = chunk * ChunkBytes;
        lock (Gate)
        {
            AssertInvariants();
            // Without a map the caller holds pointers into an old map that is kept for it, and the system cannot be
            // asked any more.
            long end = Math.Min(Math.Min(from + ChunkBytes, readable), _ownFrom);
            if (_map is not null && end > from && !_map.TryPrepareForRead(from, end - from))
            {
                throw SegmentErrors.Unreadable(Partition, Path, from);
            }

            if (!mayGrow || from + ChunkBytes <= readable)
            {
                // The rest of a chunk that is not complete yet must be made present later.
                Volatile.Write(ref present[chunk >> 6], present[chunk >> 6] | bit);
            }
        }
    }

    private byte* Open()
    {
        byte* pointer;
        lock (Gate)
        {
            AssertInvariants();
            if (_map is not null || _removed)
            {
                return (byte*)_base;
            }

            if (!TryMapUnsynchronized())
            {
                return null;
            }

            pointer = (byte*)_base;
        }

        // Outside the gate: making room may close another segment, or this one, whose memory the slot keeps.
        _resources.Open.Opened(this);
        return pointer;
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

    /// <summary>Checks what must hold when the gate is taken and released.</summary>
    [Conditional("DEBUG")]
    protected void AssertInvariants()
    {
        Debug.Assert(Gate.IsHeldByCurrentThread, "The segment's gate is not held.");
        Debug.Assert((_map is null) == (_base == 0), "The address is not that of the map.");
        Debug.Assert(_leases.Count == 0 || _map is not null, "Leases have lost their memory.");
        Debug.Assert(!_leases.CloseWithLast || _leases.Count != 0, "The last lease has not closed the segment.");
        Debug.Assert(!_removed || _leases.Count != 0 || _map is null, "A segment that is gone is mapped.");
    }
}

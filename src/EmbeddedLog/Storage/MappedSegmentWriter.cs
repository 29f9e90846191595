using EmbeddedLog.Format;
using EmbeddedLog.IO;

namespace EmbeddedLog.Storage;

/// <summary>
/// Builds frames in place, in a map over blocks that were reserved before. A store never reaches a page without a block
/// behind it: that would end the process, not the append.
/// </summary>
internal sealed unsafe class MappedSegmentWriter : SegmentWriter
{
    /// <summary>The first reservation, and what an idle partition costs.</summary>
    public const int FirstChunkBytes = 64 << 10;

    private const int MaxChunkBytes = 4 << 20;
    private const int PageBytes = 4096;

    private readonly MappedMemory _map;
    private readonly byte* _base;

    /// <summary>
    /// Held for a reservation, so that there are never two at once: the file system takes a failed one back by giving
    /// the file the size it had before, which must not cut off what another one has added meanwhile.
    /// </summary>
    private readonly Lock _allocating = new();

    /// <summary>
    /// The blocks up to here are reserved. Grows under <see cref="_allocating"/>; read by every append.
    /// </summary>
    private long _allocated;

    /// <summary>Under <see cref="_allocating"/>.</summary>
    private long _nextChunkBytes = FirstChunkBytes;

    public MappedSegmentWriter(
        Segment segment, LogFile file, MappedMemory map, long allocated, long capacity, long tail)
        : base(segment, file, capacity, tail)
    {
        _map = map;
        _base = map.Pointer;
        _allocated = allocated;
        segment.SetReadable(allocated);
        segment.Attach(map, presentFrom: tail);
    }

    /// <summary>The pages up to here are ready to be stored to, as far as the preparer has told.</summary>
    public long PreparedEnd { get; set; }

    /// <summary>The writer's memory, for the preparer, inside a slot.</summary>
    public MappedMemory Map => _map;

    /// <inheritdoc/>
    public override byte* Begin(int paddedLength)
    {
        // The seal that may follow has its block too, so that ending a segment cannot fail for want of space.
        long end = Tail + paddedLength + FrameLayout.SealBytes;
        if (end > Volatile.Read(ref _allocated))
        {
            Allocate(end);
        }

        return _base + Tail;
    }

    /// <inheritdoc/>
    public override byte* BeginSeal()
    {
        // Already there, but for a segment that was opened again and ends before anything was appended to it.
        if (Tail + FrameLayout.SealBytes > Volatile.Read(ref _allocated))
        {
            Allocate(Tail + FrameLayout.SealBytes);
        }

        return _base + Tail;
    }

    /// <inheritdoc/>
    public override void WriteHeader(in SegmentHeader header) =>
        header.Write(new Span<byte>(_base, SegmentHeader.PageBytes));

    /// <summary>Reserves blocks off the append path, up to a position within the capacity.</summary>
    /// <exception cref="FileSystemException">There is no space; nothing has changed.</exception>
    public void AllocateAhead(LogFile file, long end)
    {
        lock (_allocating)
        {
            if (end > _allocated)
            {
                file.Allocate(_allocated, end - _allocated);
                NoteAllocated(end);
            }
        }
    }

    /// <inheritdoc/>
    protected override void Publish(int length)
    {
        // A segment that once was written positionally may hold the remains of a failed write behind its tail; the next
        // length is made zero before this one says that it may be looked at. Only behind a seal there may be no room.
        byte* frame = _base + Tail;
        int padded = FrameLayout.Padded(length);
        if (Tail + padded < Volatile.Read(ref _allocated))
        {
            *(ulong*)(frame + padded) = 0;
        }

        FrameHeader.WriteLengthRelease(frame, (uint)length);
    }

    private void Allocate(long end)
    {
        LogFile file = File.TryUse() ?? throw new ObjectDisposedException(Segment.Path);
        try
        {
            lock (_allocating)
            {
                if (end > _allocated)
                {
                    AllocateUnsynchronized(file, end);
                }
            }
        }
        finally
        {
            File.Release();
        }
    }

    private void AllocateUnsynchronized(LogFile file, long end)
    {
        long wanted = Math.Min(Capacity, Math.Max(end, _allocated + _nextChunkBytes));
        wanted = Math.Min(Capacity, (wanted + PageBytes - 1) & -PageBytes);
        try
        {
            file.Allocate(_allocated, wanted - _allocated);
            _nextChunkBytes = Math.Min(MaxChunkBytes, 2 * _nextChunkBytes);
        }
        catch (FileSystemException full)
            when (full.Error is FileSystemError.NoSpace or FileSystemError.QuotaExceeded)
        {
            // What is left may do for this append. If not, this throws and nothing has changed.
            wanted = Math.Min(Capacity, (end + PageBytes - 1) & -PageBytes);
            file.Allocate(_allocated, wanted - _allocated);
            _nextChunkBytes = FirstChunkBytes;
        }

        NoteAllocated(wanted);
    }

    private void NoteAllocated(long end)
    {
        Segment.SetReadable(end);
        Volatile.Write(ref _allocated, end);
    }
}

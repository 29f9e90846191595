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

    /// <summary>The blocks up to here are reserved.</summary>
    private long _allocated;

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

    /// <summary>The blocks up to here are reserved.</summary>
    public long Allocated => _allocated;

    /// <inheritdoc/>
    public override byte* Begin(int paddedLength)
    {
        // The seal that may follow has its block too, so that ending a segment cannot fail for want of space.
        long end = Tail + paddedLength + FrameLayout.SealBytes;
        if (end > _allocated)
        {
            Allocate(end);
        }

        return _base + Tail;
    }

    /// <inheritdoc/>
    public override byte* BeginSeal() => _base + Tail;

    /// <inheritdoc/>
    public override void WriteHeader(in SegmentHeader header) =>
        header.Write(new Span<byte>(_base, SegmentHeader.PageBytes));

    /// <summary>Notes that blocks were reserved off the append path.</summary>
    public void NoteAllocated(long end)
    {
        if (end > _allocated)
        {
            _allocated = end;
            Segment.SetReadable(end);
        }
    }

    /// <inheritdoc/>
    protected override void Publish(int length)
    {
        // A segment that once was written positionally may hold the remains of a failed write behind its tail; the next
        // length is made zero before this one says that it may be looked at. Only behind a seal there may be no room.
        byte* frame = _base + Tail;
        int padded = FrameLayout.Padded(length);
        if (Tail + padded < _allocated)
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
        finally
        {
            File.Release();
        }
    }
}

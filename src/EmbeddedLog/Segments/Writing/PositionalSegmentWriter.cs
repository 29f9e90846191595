using System.Runtime.InteropServices;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;
using EmbeddedLog.Safety;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Segments.Writing;

/// <summary>
/// Builds frames in a buffer and writes them with two positional writes, body then length, for file systems that cannot
/// promise a block for every page. Readers map the file read-only.
/// </summary>
internal sealed unsafe class PositionalSegmentWriter : SegmentWriter
{
    private const int InitialScratchBytes = 4096;

    /// <summary>The buffer for a frame; allocated on first use, replaced for a larger frame.</summary>
    private byte[]? _scratch;

    public PositionalSegmentWriter(Segment segment, LogFile file, MappedMemory map, long capacity, long tail)
        : base(segment, file, capacity, tail)
    {
        // The file has its full size from the start, without blocks: all of it can be read, with zeros in unwritten
        // places.
        segment.SetReadable(capacity);
        segment.Attach(map, presentFrom: tail);
    }

    /// <inheritdoc/>
    public override byte* Begin(int paddedLength)
    {
        // With room for the next frame's length, which is written as zero together with this frame's body. Otherwise
        // the rest of an earlier, longer frame whose write failed half-way could look like a frame.
        int needed = paddedLength + sizeof(ulong);
        if (_scratch is null || _scratch.Length < needed)
        {
            _scratch = GC.AllocateUninitializedArray<byte>(Math.Max(needed, InitialScratchBytes), pinned: true);
        }

        byte* frame = (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(_scratch, 0);
        *(ulong*)(frame + paddedLength) = 0;
        return frame;
    }

    /// <inheritdoc/>
    public override byte* BeginSeal() => Begin(FrameLayout.SealBytes);

    /// <inheritdoc/>
    public override void WriteHeader(in SegmentHeader header)
    {
        byte[] page = new byte[SegmentHeader.PageBytes];
        header.Write(page);
        Write(page, 0);
    }

    /// <inheritdoc/>
    protected override void Publish(int length)
    {
        Span<byte> scratch = _scratch;
        int bodyEnd = (int)Math.Min(FrameLayout.Padded(length) + sizeof(ulong), Capacity - Tail);

        // The body has a length of zero: an earlier failed write at this place may have left another length.
        MemoryMarshal.Write(scratch, Protections.IsOut(Protection.PublishOrder) ? length : 0);
        Write(scratch[..bodyEnd], Tail);
        MemoryMarshal.Write(scratch, length);
        Write(scratch[..sizeof(uint)], Tail);
    }

    private void Write(ReadOnlySpan<byte> bytes, long position)
    {
        LogFile file = File.TryUse() ?? throw new ObjectDisposedException(Segment.Path);
        try
        {
            file.Write(bytes, position);
        }
        finally
        {
            File.Release();
        }
    }
}

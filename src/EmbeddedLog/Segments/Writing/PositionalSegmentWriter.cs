using System.Runtime.InteropServices;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;
using EmbeddedLog.Safety;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Segments.Writing;

/// <summary>
/// Builds frames aside and writes them with two positional writes, body then length, for file systems that cannot
/// promise a block behind every page. Readers map the file read-only.
/// </summary>
internal sealed unsafe class PositionalSegmentWriter : SegmentWriter
{
    private const int InitialScratchBytes = 4096;

    /// <summary>Where a frame is built; allocated on first use, replaced when a larger one comes.</summary>
    private byte[]? _scratch;

    public PositionalSegmentWriter(Segment segment, LogFile file, MappedMemory map, long capacity, long tail)
        : base(segment, file, capacity, tail)
    {
        // The file has its full size from the start, without blocks: all of it can be read, as zeros where nothing is.
        segment.SetReadable(capacity);
        segment.Attach(map, presentFrom: tail);
    }

    /// <inheritdoc/>
    public override byte* Begin(int paddedLength)
    {
        // With room for the next frame's length, which is written as zero together with this frame's body: were the
        // write of an earlier, longer frame to have failed half-way, its remains would otherwise look like a frame.
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

        // The body brings a length of zero: a write of this place that was told to have failed may have left another.
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

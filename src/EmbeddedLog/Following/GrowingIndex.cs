using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.Segments.Index;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Following;

/// <summary>
/// The sparse index of a segment that another process is writing, made from its frames as far as needed.
/// </summary>
internal sealed class GrowingIndex(Segment segment)
{
    private readonly Lock _gate = new();
    private readonly SegmentIndexBuilder _builder = new();

    /// <summary>The position of the first frame that is not noted. Under the gate.</summary>
    private long _position = SegmentHeader.PageBytes;

    /// <summary>The offset of that frame. Under the gate.</summary>
    private long _offset = segment.BaseOffset;

    /// <summary>The index up to a published offset. Inside a slot.</summary>
    public unsafe SegmentIndex GetUpTo(long offset)
    {
        lock (_gate)
        {
            byte* memory = _offset < offset ? segment.GetBase() : null;
            long touchable = 0;
            while (memory != null && _offset < offset && TryNote(ref memory, ref touchable))
            {
            }
        }

        return _builder.Index;
    }

    /// <summary>Notes one frame; the reader that comes to a bad frame reports it.</summary>
    private unsafe bool TryNote(ref byte* memory, ref long touchable)
    {
        if (!FrameMemory.TryPrepare(segment, _position, ref memory, ref touchable)
            || FrameReader.Check(memory, segment.CrcSeed, _position, touchable, out uint length) != FrameCheck.Valid
            || !FrameExtent.TryRead(memory + _position, (int)length, segment.BaseOffset, out FrameExtent extent)
            || extent.Type == FrameType.Seal)
        {
            return false;
        }

        if (extent.HasOffsets)
        {
            _builder.Note((uint)(extent.FirstOffset - segment.BaseOffset), _position, extent.MaxTimestamp);
        }

        _position += FrameLayout.Padded((int)length);
        _offset = extent.NextOffset;
        return true;
    }
}

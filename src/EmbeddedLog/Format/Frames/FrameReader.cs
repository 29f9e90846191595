using System.Runtime.CompilerServices;
using EmbeddedLog.Safety;

namespace EmbeddedLog.Format.Frames;

/// <summary>Checks frames in place.</summary>
internal static unsafe class FrameReader
{
    /// <summary>Checks the frame at a position, and gives its length.</summary>
    /// <param name="segment">The first byte of the segment.</param>
    /// <param name="segmentSeed">From <see cref="FrameCrc.SegmentSeed"/>.</param>
    /// <param name="position">The position to look at, a multiple of eight.</param>
    /// <param name="limit">The number of bytes of the segment that may be read.</param>
    /// <param name="length">The length as stored, without padding, also if it is bad.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FrameCheck Check(byte* segment, uint segmentSeed, long position, long limit, out uint length)
    {
        if (limit - position < FrameLayout.HeaderBytes)
        {
            length = 0;
            return FrameCheck.Empty;
        }

        byte* frame = segment + position;
        length = FrameHeader.ReadLengthAcquire(frame);
        if (length == 0)
        {
            return FrameCheck.Empty;
        }

        // The padded length of a frame that fits cannot overflow; one that does not fit is refused before it is padded.
        if (length < FrameLayout.HeaderBytes || length > limit - position
            || FrameLayout.Padded((int)length) > limit - position)
        {
            return FrameCheck.BadLength;
        }

        if (FrameCrc.Compute(segmentSeed, position, frame, (int)length) != FrameHeader.ReadCrc(frame)
            && !Protections.IsOut(Protection.FrameCrc))
        {
            return FrameCheck.BadCrc;
        }

        int kind = FrameHeader.ReadKind(frame);
        bool known = (kind & (FrameLayout.CodecMask | FrameLayout.ExtensionBit)) == 0
            && (kind & FrameLayout.TypeMask) is >= (int)FrameType.Record and <= (int)FrameType.Gap;
        return known ? FrameCheck.Valid : FrameCheck.Unknown;
    }
}

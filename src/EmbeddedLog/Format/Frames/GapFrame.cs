using EmbeddedLog.IO;

namespace EmbeddedLog.Format.Frames;

/// <summary>
/// A frame that stands where a salvage found no good one, as long as the place is, and says which offsets are gone. Its
/// body is their number and zeros; one without a body takes none.
/// </summary>
internal static unsafe class GapFrame
{
    /// <summary>What a place must have at least that offsets are gone in.</summary>
    public const int MinBytes = FrameLayout.HeaderBytes + FrameLayout.Alignment;

    /// <summary>Writes a frame that covers a place; all behind what is written here must be zeros.</summary>
    /// <param name="frame">The first <see cref="MinBytes"/> of the place, or as many as it has; zeros.</param>
    /// <param name="segmentSeed">From <see cref="FrameCrc.SegmentSeed"/>.</param>
    /// <param name="position">Where the place begins, in bytes.</param>
    /// <param name="length">How long it is, a multiple of eight.</param>
    /// <param name="offsetDelta">The first offset that is gone less the segment's base offset.</param>
    /// <param name="count">How many are gone.</param>
    public static void Write(
        Span<byte> frame, uint segmentSeed, long position, int length, uint offsetDelta, long count)
    {
        if (count > 0)
        {
            Varint.Write(frame[FrameLayout.HeaderBytes..], (ulong)count);
        }

        fixed (byte* at = frame)
        {
            FrameHeader.Write(
                at, (int)FrameType.Gap, FrameFlags.None, offsetDelta, FrameLayout.MinTimestamp, DurableLag.None);
            uint crc = FrameCrc.Begin(segmentSeed, position, length);
            crc = FrameCrc.Append(crc, at + FrameLayout.KindAt, frame.Length - FrameLayout.KindAt);
            FrameHeader.WriteCrc(at, FrameCrc.Finish(FrameCrc.AppendZeros(crc, length - frame.Length)));
            FrameHeader.WriteLengthRelease(at, (uint)length);
        }
    }

    /// <summary>Reads how many offsets are gone; false where the frame is malformed, that is, forged.</summary>
    public static bool TryReadCount(byte* frame, int length, out long count)
    {
        count = 0;
        int bytes = Math.Min(length - FrameLayout.HeaderBytes, Varint.MaxBytes32);
        if (bytes == 0)
        {
            return true;
        }

        bool read = Varint.TryRead(
            new ReadOnlySpan<byte>(frame + FrameLayout.HeaderBytes, bytes), out uint value, out _);
        count = value;
        return read;
    }
}

using EmbeddedLog.IO;

namespace EmbeddedLog.Format.Frames;

/// <summary>
/// A frame that fills a region in which a salvage found no good frame, and covers the lost offsets. Its body is their
/// number and zeros. A gap frame without a body covers no offsets.
/// </summary>
internal static unsafe class GapFrame
{
    /// <summary>The smallest region in which offsets can be lost.</summary>
    public const int MinBytes = FrameLayout.HeaderBytes + FrameLayout.Alignment;

    /// <summary>Writes a frame that covers a region; the bytes behind the written ones must be zeros.</summary>
    /// <param name="frame">The first <see cref="MinBytes"/> of the region, or fewer if it is shorter; zeros.</param>
    /// <param name="segmentSeed">From <see cref="FrameCrc.SegmentSeed"/>.</param>
    /// <param name="position">Where the region begins, in bytes.</param>
    /// <param name="length">How long it is, a multiple of eight.</param>
    /// <param name="offsetDelta">The first lost offset less the segment's base offset.</param>
    /// <param name="count">The number of lost offsets.</param>
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

    /// <summary>Reads the number of lost offsets; false if the frame is malformed, that is, forged.</summary>
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

using EmbeddedLog.Format.Frames;

namespace EmbeddedLog.Segments.Reading;

/// <summary>
/// Makes a frame's memory safe to read before the frame is checked, for all code that reads frames in place.
/// </summary>
internal static unsafe class FrameMemory
{
    /// <summary>
    /// Makes the header at a position safe to read, and then the whole frame by the header's length, up to its padded
    /// end, because the checksum covers the padding too. Inside a slot.
    /// </summary>
    /// <param name="segment">The segment.</param>
    /// <param name="position">The position of the frame.</param>
    /// <param name="memory">The segment's first byte; changed if the map was replaced.</param>
    /// <param name="touchable">
    /// The end of the bytes that are safe to read. On return it is before the frame's end only if the file ends before.
    /// </param>
    /// <returns>False if the segment's file is gone.</returns>
    /// <exception cref="LogIOException">The system cannot read the bytes.</exception>
    public static bool TryPrepare(Segment segment, long position, ref byte* memory, ref long touchable)
    {
        if (touchable - position < FrameLayout.HeaderBytes)
        {
            if (!TryExtend(segment, position, FrameLayout.HeaderBytes, ref memory, ref touchable))
            {
                return false;
            }

            if (touchable - position < FrameLayout.HeaderBytes)
            {
                return true;
            }
        }

        long padded = FrameLayout.Padded(FrameHeader.ReadLengthAcquire(memory + position));
        return padded <= touchable - position || TryExtend(segment, position, padded, ref memory, ref touchable);
    }

    /// <summary>
    /// Extends the bytes that are safe to read to the end of a range, or to that of the file; false if the file is
    /// gone.
    /// </summary>
    public static bool TryExtend(
        Segment segment, long position, long length, ref byte* memory, ref long touchable)
    {
        if (!segment.TryExtend(position + length, ref memory, out long readable))
        {
            return false;
        }

        touchable = segment.MakeTouchable(position, length, readable);
        return true;
    }
}

using EmbeddedLog.Format.Frames;

namespace EmbeddedLog.Segments.Reading;

/// <summary>Makes a frame touchable before it is checked, for all who read frames where they lie.</summary>
internal static unsafe class FrameMemory
{
    /// <summary>
    /// Makes touchable the header at a position and then all that the header's length says, up to the padded end,
    /// since the checksum covers the padding too. Inside a slot.
    /// </summary>
    /// <param name="segment">The segment.</param>
    /// <param name="position">The position of the frame.</param>
    /// <param name="memory">The segment's first byte; moved where the map is another one.</param>
    /// <param name="touchable">
    /// The bytes up to here may be touched. On return that is less than the frame only where the file ends before.
    /// </param>
    /// <returns>False where the segment's file is gone.</returns>
    /// <exception cref="LogIOException">The system cannot read what is there.</exception>
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
    /// Extends what may be touched to the end of a range, or to that of the file; false where the file is gone.
    /// </summary>
    public static bool TryExtend(
        Segment segment, long position, long length, ref byte* memory, ref long touchable)
    {
        if (!segment.TryExtend(position + length, ref memory))
        {
            return false;
        }

        touchable = segment.MakeTouchable(position, length);
        return true;
    }
}

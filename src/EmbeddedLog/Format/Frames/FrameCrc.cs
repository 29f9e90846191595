using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using EmbeddedLog.Format.Checksums;
using EmbeddedLog.Safety;

namespace EmbeddedLog.Format.Frames;

/// <summary>
/// The CRC of a frame: CRC32C over the segment's uid, the frame's position, its length, and its bytes from the kind to
/// the padded end. With uid and position in it, a frame is valid only in the place it was written for: neither a stale
/// block of another file nor a frame that moved can pass.
/// </summary>
internal static unsafe class FrameCrc
{
    /// <summary>The part of the computation that all frames of a segment share.</summary>
    public static uint SegmentSeed(ulong uid) => BitOperations.Crc32C(uint.MaxValue, uid);

    /// <summary>Computes the CRC of the frame whose first byte is given.</summary>
    /// <param name="segmentSeed">From <see cref="SegmentSeed"/>.</param>
    /// <param name="position">The frame's position in its segment's file, in bytes.</param>
    /// <param name="frame">The frame's first byte.</param>
    /// <param name="length">The frame's length without padding; the length word itself may not be stored yet.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Compute(uint segmentSeed, long position, byte* frame, int length)
    {
        int count = FrameLayout.Padded(length) - FrameLayout.KindAt;
        return Finish(Append(Begin(segmentSeed, position, length), frame + FrameLayout.KindAt, count));
    }

    /// <summary>Begins the computation for a frame that is not in memory as a whole.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Begin(uint segmentSeed, long position, int length)
    {
        ForgetWhere(ref position);
        return BitOperations.Crc32C(BitOperations.Crc32C(segmentSeed, (ulong)position), (uint)length);
    }

    /// <summary>Goes on with bytes from the kind on, a multiple of eight of them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Append(uint crc, byte* bytes, int count)
    {
        if (count >= Crc32CStreams.MinBytes)
        {
            return Crc32CStreams.Append(crc, bytes, count);
        }

        // Four words at a time: the fewer instructions a record takes, the further ahead the processor begins the next.
        byte* end = bytes + count;
        for (; bytes + (4 * sizeof(ulong)) <= end; bytes += 4 * sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, ((ulong*)bytes)[0]);
            crc = BitOperations.Crc32C(crc, ((ulong*)bytes)[1]);
            crc = BitOperations.Crc32C(crc, ((ulong*)bytes)[2]);
            crc = BitOperations.Crc32C(crc, ((ulong*)bytes)[3]);
        }

        for (; bytes < end; bytes += sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, *(ulong*)bytes);
        }

        return crc;
    }

    /// <summary>Goes on with zeros, a multiple of eight of them.</summary>
    public static uint AppendZeros(uint crc, long count)
    {
        for (; count > 0; count -= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, 0UL);
        }

        return crc;
    }

    /// <summary>Ends what <see cref="Begin"/> began, at the frame's padded end.</summary>
    public static uint Finish(uint crc) => ~crc;

    /// <summary>
    /// What is done without <see cref="Protection.FramePosition"/>. Not called in other builds, where the question
    /// alone would change what each append compiles to.
    /// </summary>
    [Conditional("SWITCHABLE_PROTECTIONS")]
    private static void ForgetWhere(ref long position)
    {
        if (Protections.IsOut(Protection.FramePosition))
        {
            position = 0;
        }
    }
}

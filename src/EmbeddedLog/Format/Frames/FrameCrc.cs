using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using EmbeddedLog.Format.Checksums;
using EmbeddedLog.Safety;

namespace EmbeddedLog.Format.Frames;

/// <summary>
/// The CRC of a frame: CRC32C over the segment's uid, the frame's position, its length, and its bytes from the kind to
/// the padded end. Because it covers uid and position, a frame is valid only in its own place: a stale block of another
/// file and a moved frame both fail.
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

    /// <summary>Continues with bytes from the kind on, a multiple of eight of them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Append(uint crc, byte* bytes, int count)
    {
        if (count >= Crc32CStreams.MinBytes)
        {
            return Crc32CStreams.Append(crc, bytes, count);
        }

        // Four words at a time: with fewer instructions for a record, the processor begins the next one earlier.
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

    /// <summary>Continues with zeros, a multiple of eight of them.</summary>
    public static uint AppendZeros(uint crc, long count)
    {
        for (; count > 0; count -= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, 0UL);
        }

        return crc;
    }

    /// <summary>Ends the computation at the frame's padded end.</summary>
    public static uint Finish(uint crc) => ~crc;

    /// <summary>
    /// Used when <see cref="Protection.FramePosition"/> is taken out. Other builds do not even check for that, because
    /// the check alone would change the compiled code of each append.
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

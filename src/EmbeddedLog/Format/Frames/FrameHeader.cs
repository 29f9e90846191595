using System.Runtime.CompilerServices;
using EmbeddedLog.IO;

namespace EmbeddedLog.Format.Frames;

/// <summary>
/// Reads and writes the fields of the header at a frame's first byte. All integers are little-endian, as are all the
/// machines that .NET runs on; opening a log checks that.
/// </summary>
internal static unsafe class FrameHeader
{
    /// <summary>
    /// The published length, zero if there is no frame yet. Acquires: all bytes of the frame are visible afterwards.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint ReadLengthAcquire(byte* frame) => Volatile.Read(ref *(uint*)(frame + FrameLayout.LengthAt));

    /// <summary>Publishes the frame. Releases: a thread that reads the length sees all earlier stores.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void WriteLengthRelease(byte* frame, uint length) =>
        Volatile.Write(ref *(uint*)(frame + FrameLayout.LengthAt), length);

    /// <summary>Writes the header without length and CRC.</summary>
    /// <param name="frame">The frame's first byte.</param>
    /// <param name="kind">The type, with <see cref="FrameLayout.AppendTimeBit"/> where it applies.</param>
    /// <param name="flags">The flags.</param>
    /// <param name="offsetDelta">The first offset less the segment's base offset.</param>
    /// <param name="timestamp">Unix milliseconds within 48 bits.</param>
    /// <param name="durableLag">From <see cref="DurableLag.Encode"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(
        byte* frame, int kind, FrameFlags flags, uint offsetDelta, long timestamp, ushort durableLag)
    {
        // Kind, flags, the epoch delta (zero) and the offset delta in one store, timestamp and lag in another.
        *(ulong*)(frame + FrameLayout.KindAt) = (uint)kind | ((uint)flags << 8) | ((ulong)offsetDelta << 32);
        *(ulong*)(frame + FrameLayout.TimestampAt) =
            ((ulong)timestamp & 0xFFFF_FFFF_FFFF) | ((ulong)durableLag << 48);
    }

    /// <summary>The stored CRC.</summary>
    public static uint ReadCrc(byte* frame) => *(uint*)(frame + FrameLayout.CrcAt);

    /// <summary>Stores the CRC.</summary>
    public static void WriteCrc(byte* frame, uint crc) => *(uint*)(frame + FrameLayout.CrcAt) = crc;

    /// <summary>The byte of type, codec, append time and extension.</summary>
    public static int ReadKind(byte* frame) => frame[FrameLayout.KindAt];

    /// <summary>The frame's type.</summary>
    public static FrameType ReadType(byte* frame) => (FrameType)(frame[FrameLayout.KindAt] & FrameLayout.TypeMask);

    /// <summary>The flags.</summary>
    public static FrameFlags ReadFlags(byte* frame) => (FrameFlags)frame[FrameLayout.FlagsAt];

    /// <summary>The first offset less the segment's base offset.</summary>
    public static uint ReadOffsetDelta(byte* frame) => *(uint*)(frame + FrameLayout.OffsetDeltaAt);

    /// <summary>Unix milliseconds.</summary>
    public static long ReadTimestamp(byte* frame) => *(long*)(frame + FrameLayout.TimestampAt) << 16 >> 16;

    /// <summary>The lag of the durable end, for <see cref="DurableLag.Decode"/>.</summary>
    public static ushort ReadDurableLag(byte* frame) => *(ushort*)(frame + FrameLayout.DurableLagAt);
}

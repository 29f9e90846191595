using EmbeddedLog.IO;

namespace EmbeddedLog.Format.Frames;

/// <summary>The layout of a frame. FORMAT.md is the specification.</summary>
internal static class FrameLayout
{
    /// <summary>Every frame begins at a multiple of this many bytes and is padded with zeros to one.</summary>
    public const int Alignment = 8;

    /// <summary>The size of the header that every frame begins with, in bytes.</summary>
    public const int HeaderBytes = 24;

    /// <summary>The size of a sealing frame, for which every segment keeps room, in bytes.</summary>
    public const int SealBytes = HeaderBytes;

    /// <summary>
    /// Length of the frame in bytes with its header, without padding; zero if there is no frame. Published last.
    /// </summary>
    public const int LengthAt = 0;

    /// <summary>CRC32C of the length and of everything from <see cref="KindAt"/> to the padded end.</summary>
    public const int CrcAt = 4;

    /// <summary>Bits 0 to 2 the <see cref="FrameType"/>, 3 to 5 the codec, 6 append time, 7 extension.</summary>
    public const int KindAt = 8;

    /// <summary>The <see cref="FrameFlags"/>.</summary>
    public const int FlagsAt = 9;

    /// <summary>The frame's epoch less the segment's, 16 bits.</summary>
    public const int EpochDeltaAt = 10;

    /// <summary>The frame's first offset less the segment's base offset, 32 bits.</summary>
    public const int OffsetDeltaAt = 12;

    /// <summary>Unix milliseconds, signed, 48 bits.</summary>
    public const int TimestampAt = 16;

    /// <summary>The frame's offset less the durable end when it was appended, see <see cref="DurableLag"/>.</summary>
    public const int DurableLagAt = 22;

    /// <summary>The mask of the type in the byte at <see cref="KindAt"/>.</summary>
    public const int TypeMask = 0x07;

    /// <summary>
    /// The mask of the codec in the byte at <see cref="KindAt"/>; zero is the only one of this version.
    /// </summary>
    public const int CodecMask = 0x38;

    /// <summary>Set in the byte at <see cref="KindAt"/> if the log, not the producer, gave the timestamp.</summary>
    public const int AppendTimeBit = 0x40;

    /// <summary>Set in the byte at <see cref="KindAt"/> by a later version whose frames this one cannot read.</summary>
    public const int ExtensionBit = 0x80;

    /// <summary>The earliest timestamp that 48 bits hold, in Unix milliseconds.</summary>
    public const long MinTimestamp = -(1L << 47);

    /// <summary>The latest timestamp that 48 bits hold, in Unix milliseconds.</summary>
    public const long MaxTimestamp = (1L << 47) - 1;

    /// <summary>The length of a frame with its padding.</summary>
    public static int Padded(int length) => (length + Alignment - 1) & -Alignment;

    /// <summary>The same for a length that was not checked yet and may be any number.</summary>
    public static long Padded(uint length) => (length + Alignment - 1L) & -Alignment;
}

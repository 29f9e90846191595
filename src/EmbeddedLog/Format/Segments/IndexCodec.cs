using System.Buffers.Binary;
using EmbeddedLog.Format.Checksums;

namespace EmbeddedLog.Format.Segments;

/// <summary>
/// The bytes of an index file: a header of 32 bytes and entries of 16 bytes, under one checksum, which finds torn files
/// and mixtures of old and new bytes. See FORMAT.md, "Index".
/// </summary>
internal static class IndexCodec
{
    /// <summary>Bytes before the first entry.</summary>
    public const int HeaderBytes = 32;

    /// <summary>Bytes of an entry.</summary>
    public const int EntryBytes = 16;

    /// <summary>
    /// The most entries that a file holds: one for every KiB of the greatest segment. It bounds what a reader allocates
    /// for a forged file to 16 MiB.
    /// </summary>
    public const int MaxEntries = 1 << 20;

    private const int CrcAt = 8;
    private const int VersionAt = 12;
    private const int SegmentUidAt = 16;
    private const int EndPositionAt = 24;
    private const int CountAt = 28;
    private const int PositionAt = 4;
    private const int TimestampAt = 8;

    /// <summary>The first bytes of an index.</summary>
    public static ReadOnlySpan<byte> Magic => "ELOGINDX"u8;

    /// <summary>Writes the header, with the checksum still to come, and returns the register after it.</summary>
    public static uint WriteHeader(Span<byte> header, ulong segmentUid, uint endPosition, int count)
    {
        header = header[..HeaderBytes];
        header.Clear();
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header[VersionAt..], ChecksummedBlock.Version);
        BinaryPrimitives.WriteUInt64LittleEndian(header[SegmentUidAt..], segmentUid);
        BinaryPrimitives.WriteUInt32LittleEndian(header[EndPositionAt..], endPosition);
        BinaryPrimitives.WriteInt32LittleEndian(header[CountAt..], count);
        return BeginCrc(header);
    }

    /// <summary>Stores the finished checksum of header and entries into the header.</summary>
    public static void WriteCrc(Span<byte> header, uint register) =>
        BinaryPrimitives.WriteUInt32LittleEndian(header[CrcAt..], Crc32C.Finish(register));

    /// <summary>
    /// Reads the header; false if it is not one of this version for this segment and end. The caller compares the
    /// checksum when the entries have passed through the register.
    /// </summary>
    public static bool TryReadHeader(
        ReadOnlySpan<byte> header,
        ulong segmentUid,
        uint endPosition,
        out int count,
        out uint register,
        out uint stored)
    {
        count = 0;
        register = stored = 0;
        if (header.Length < HeaderBytes
            || !header.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt16LittleEndian(header[VersionAt..]) != ChecksummedBlock.Version
            || BinaryPrimitives.ReadUInt64LittleEndian(header[SegmentUidAt..]) != segmentUid
            || BinaryPrimitives.ReadUInt32LittleEndian(header[EndPositionAt..]) != endPosition)
        {
            return false;
        }

        count = BinaryPrimitives.ReadInt32LittleEndian(header[CountAt..]);
        register = BeginCrc(header[..HeaderBytes]);
        stored = BinaryPrimitives.ReadUInt32LittleEndian(header[CrcAt..]);
        return count is >= 0 and <= MaxEntries;
    }

    /// <summary>Writes one entry.</summary>
    public static void WriteEntry(Span<byte> destination, in IndexEntry entry)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(destination, entry.RelativeOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[PositionAt..], entry.Position);
        BinaryPrimitives.WriteInt64LittleEndian(destination[TimestampAt..], entry.MaxTimestampBefore);
    }

    /// <summary>Reads one entry.</summary>
    public static IndexEntry ReadEntry(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(source),
        BinaryPrimitives.ReadUInt32LittleEndian(source[PositionAt..]),
        BinaryPrimitives.ReadInt64LittleEndian(source[TimestampAt..]));

    private static uint BeginCrc(ReadOnlySpan<byte> header) =>
        Crc32C.Append(Crc32C.Append(Crc32C.Initial, header[..CrcAt]), header[VersionAt..]);
}

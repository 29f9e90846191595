using System.Buffers.Binary;
using EmbeddedLog.Format.Checksums;

namespace EmbeddedLog.Tests.Format;

/// <summary>Makes bytes that pass their checksum although no writer of this version would have written them.</summary>
internal static class Forge
{
    /// <summary>Corrects the checksum of a block after a test has changed it.</summary>
    public static void Reseal(Span<byte> block)
    {
        uint crc = Crc32C.Append(Crc32C.Append(Crc32C.Initial, block[..8]), block[12..]);
        BinaryPrimitives.WriteUInt32LittleEndian(block[8..], Crc32C.Finish(crc));
    }

    /// <summary>Makes a block say that another version wrote it.</summary>
    public static void SetVersion(Span<byte> block, ushort version)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(block[12..], version);
        Reseal(block);
    }

    /// <summary>Corrects the checksum of a manifest record after a test has changed it.</summary>
    public static void ResealRecord(Span<byte> record, ulong topicUid, long position)
    {
        uint crc = Crc32C.Append(Crc32C.Append(Crc32C.Initial, topicUid), (ulong)position);
        BinaryPrimitives.WriteUInt32LittleEndian(record, Crc32C.Finish(Crc32C.Append(crc, record[4..])));
    }

    /// <summary>Inverts one bit.</summary>
    public static void Flip(Span<byte> bytes, int bit) => bytes[bit / 8] ^= (byte)(1 << (bit % 8));
}

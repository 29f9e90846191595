using System.Buffers.Binary;

namespace EmbeddedLog.Format.Checksums;

/// <summary>
/// The frame of every fixed-size block on disk: magic, checksum, version. The first 14 bytes mean the same in every
/// version, so that an old library can distinguish a newer block from a damaged one. See FORMAT.md, "Blocks".
/// </summary>
internal static class ChecksummedBlock
{
    /// <summary>The format version that this library writes, and the newest that it reads.</summary>
    public const ushort Version = 1;

    /// <summary>The bytes of this class at the start of a block; the block's own fields follow.</summary>
    public const int PrefixBytes = 14;

    private const int MagicBytes = 8;
    private const int CrcAt = 8;
    private const int VersionAt = 12;

    /// <summary>Completes a block whose own fields are already in place and whose other bytes are zero.</summary>
    public static void Seal(Span<byte> block, ReadOnlySpan<byte> magic)
    {
        magic[..MagicBytes].CopyTo(block);
        BinaryPrimitives.WriteUInt16LittleEndian(block[VersionAt..], Version);
        BinaryPrimitives.WriteUInt32LittleEndian(block[CrcAt..], ComputeCrc(block));
    }

    /// <summary>
    /// Checks <paramref name="block"/>. If a file ends inside the block, the caller passes the part that exists.
    /// </summary>
    public static BlockStatus Check(ReadOnlySpan<byte> block, ReadOnlySpan<byte> magic)
    {
        if (!block.ContainsAnyExcept((byte)0))
        {
            return BlockStatus.Blank;
        }

        if (block.Length < PrefixBytes
            || !block.StartsWith(magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(block[CrcAt..]) != ComputeCrc(block))
        {
            return BlockStatus.Corrupt;
        }

        return GetVersion(block) switch
        {
            0 => BlockStatus.Corrupt,
            > Version => BlockStatus.NewerVersion,
            _ => BlockStatus.Valid,
        };
    }

    /// <summary>The version that wrote a block which is <see cref="BlockStatus.Valid"/> or newer.</summary>
    public static ushort GetVersion(ReadOnlySpan<byte> block) =>
        BinaryPrimitives.ReadUInt16LittleEndian(block[VersionAt..]);

    /// <summary>
    /// Covers every byte except the checksum's own four, unused ones included, so any changed bit is found.
    /// </summary>
    private static uint ComputeCrc(ReadOnlySpan<byte> block)
    {
        uint crc = Crc32C.Append(Crc32C.Initial, block[..CrcAt]);
        return Crc32C.Finish(Crc32C.Append(crc, block[VersionAt..]));
    }
}

using System.Buffers.Binary;
using EmbeddedLog.Format.Checksums;

namespace EmbeddedLog.Format.Manifests;

/// <summary>The start of a manifest: its partition. See FORMAT.md, "Manifest".</summary>
/// <param name="TopicUid">Random, of the topic; seeds the checksum of every record.</param>
/// <param name="Partition">The partition's number.</param>
internal readonly record struct ManifestHeader(ulong TopicUid, int Partition)
{
    /// <summary>Bytes before the first record.</summary>
    public const int Bytes = 64;

    private const int TopicUidAt = 16;
    private const int PartitionAt = 24;

    private static ReadOnlySpan<byte> Magic => "ELOGMANI"u8;

    /// <summary>Fills the first <see cref="Bytes"/> of <paramref name="destination"/>.</summary>
    public void Write(Span<byte> destination)
    {
        Span<byte> block = destination[..Bytes];
        block.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(block[TopicUidAt..], TopicUid);
        BinaryPrimitives.WriteInt32LittleEndian(block[PartitionAt..], Partition);
        ChecksummedBlock.Seal(block, Magic);
    }

    /// <summary>Reads a header from the start of a file that may be shorter than one.</summary>
    public static BlockStatus TryRead(ReadOnlySpan<byte> source, out ManifestHeader header)
    {
        header = default;
        ReadOnlySpan<byte> block = source[..Math.Min(source.Length, Bytes)];
        BlockStatus status = ChecksummedBlock.Check(block, Magic);
        if (status != BlockStatus.Valid)
        {
            return status;
        }

        if (block.Length < Bytes)
        {
            return BlockStatus.Corrupt;
        }

        header = new ManifestHeader(
            BinaryPrimitives.ReadUInt64LittleEndian(block[TopicUidAt..]),
            BinaryPrimitives.ReadInt32LittleEndian(block[PartitionAt..]));
        return BlockStatus.Valid;
    }
}

using System.Buffers.Binary;
using EmbeddedLog.Format.Checksums;

namespace EmbeddedLog.Format.Segments;

/// <summary>
/// The first page of a segment file: its identity and its predecessor. See FORMAT.md, "Segment header".
/// </summary>
/// <param name="Flags">Whether offsets are dense, and whether a salvage wrote the file.</param>
/// <param name="Uid">Random, never zero; seeds the checksum of every frame in the file.</param>
/// <param name="TopicUid">Random, of the topic.</param>
/// <param name="Partition">The partition's number.</param>
/// <param name="Sequence">The number in the file's name, from 1, never used twice in a partition.</param>
/// <param name="BaseOffset">The offset that frames count from.</param>
/// <param name="Epoch">The leader epoch that frames count from.</param>
/// <param name="PredecessorUid">The segment before this one; 0 when there is none.</param>
/// <param name="PredecessorEnd">The position in the predecessor's file where its log ends.</param>
/// <param name="CreatedAt">When the segment was begun, in Unix milliseconds.</param>
internal readonly record struct SegmentHeader(
    SegmentFlags Flags,
    ulong Uid,
    ulong TopicUid,
    int Partition,
    uint Sequence,
    long BaseOffset,
    uint Epoch,
    ulong PredecessorUid,
    long PredecessorEnd,
    long CreatedAt)
{
    /// <summary>Bytes before the first frame.</summary>
    public const int PageBytes = 4096;

    /// <summary>
    /// Each half of the page holds the whole header, so that one of them survives damage to the other.
    /// </summary>
    private const int CopyBytes = PageBytes / 2;

    private const int FlagsAt = 14;
    private const int UidAt = 16;
    private const int TopicUidAt = 24;
    private const int PartitionAt = 32;
    private const int SequenceAt = 36;
    private const int BaseOffsetAt = 40;
    private const int EpochAt = 48;
    private const int PredecessorUidAt = 56;
    private const int PredecessorEndAt = 64;
    private const int CreatedAtAt = 72;

    private static ReadOnlySpan<byte> Magic => "ELOGSEGM"u8;

    /// <summary>Fills <paramref name="page"/>, of <see cref="PageBytes"/>, with both copies.</summary>
    public void Write(Span<byte> page)
    {
        page = page[..PageBytes];
        page.Clear();
        Span<byte> copy = page[..CopyBytes];
        BinaryPrimitives.WriteUInt16LittleEndian(copy[FlagsAt..], (ushort)Flags);
        BinaryPrimitives.WriteUInt64LittleEndian(copy[UidAt..], Uid);
        BinaryPrimitives.WriteUInt64LittleEndian(copy[TopicUidAt..], TopicUid);
        BinaryPrimitives.WriteInt32LittleEndian(copy[PartitionAt..], Partition);
        BinaryPrimitives.WriteUInt32LittleEndian(copy[SequenceAt..], Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(copy[BaseOffsetAt..], BaseOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(copy[EpochAt..], Epoch);
        BinaryPrimitives.WriteUInt64LittleEndian(copy[PredecessorUidAt..], PredecessorUid);
        BinaryPrimitives.WriteInt64LittleEndian(copy[PredecessorEndAt..], PredecessorEnd);
        BinaryPrimitives.WriteInt64LittleEndian(copy[CreatedAtAt..], CreatedAt);
        ChecksummedBlock.Seal(copy, Magic);
        copy.CopyTo(page[CopyBytes..]);
    }

    /// <summary>
    /// Reads a header from the start of a segment file. One intact copy is enough; two that differ are
    /// <see cref="BlockStatus.Corrupt"/>. A page that is cut short is passed as far as it goes.
    /// </summary>
    public static BlockStatus TryRead(ReadOnlySpan<byte> page, out SegmentHeader header)
    {
        header = default;
        ReadOnlySpan<byte> first = page[..Math.Min(page.Length, CopyBytes)];
        ReadOnlySpan<byte> second = page[first.Length..Math.Min(page.Length, PageBytes)];
        BlockStatus firstStatus = CheckCopy(first);
        BlockStatus secondStatus = CheckCopy(second);
        if (firstStatus == BlockStatus.Blank && secondStatus == BlockStatus.Blank)
        {
            return BlockStatus.Blank;
        }

        if (firstStatus == BlockStatus.NewerVersion || secondStatus == BlockStatus.NewerVersion)
        {
            return BlockStatus.NewerVersion;
        }

        bool firstValid = firstStatus == BlockStatus.Valid;
        bool secondValid = secondStatus == BlockStatus.Valid;
        if (!(firstValid || secondValid) || (firstValid && secondValid && !first.SequenceEqual(second)))
        {
            return BlockStatus.Corrupt;
        }

        return Decode(firstValid ? first : second, out header);
    }

    private static BlockStatus CheckCopy(ReadOnlySpan<byte> copy)
    {
        BlockStatus status = ChecksummedBlock.Check(copy, Magic);
        return status == BlockStatus.Valid && copy.Length < CopyBytes ? BlockStatus.Corrupt : status;
    }

    private static BlockStatus Decode(ReadOnlySpan<byte> copy, out SegmentHeader header)
    {
        header = new SegmentHeader(
            (SegmentFlags)BinaryPrimitives.ReadUInt16LittleEndian(copy[FlagsAt..]),
            BinaryPrimitives.ReadUInt64LittleEndian(copy[UidAt..]),
            BinaryPrimitives.ReadUInt64LittleEndian(copy[TopicUidAt..]),
            BinaryPrimitives.ReadInt32LittleEndian(copy[PartitionAt..]),
            BinaryPrimitives.ReadUInt32LittleEndian(copy[SequenceAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(copy[BaseOffsetAt..]),
            BinaryPrimitives.ReadUInt32LittleEndian(copy[EpochAt..]),
            BinaryPrimitives.ReadUInt64LittleEndian(copy[PredecessorUidAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(copy[PredecessorEndAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(copy[CreatedAtAt..]));

        // An unknown flag says that offsets mean something this library does not know.
        BlockStatus status = (header.Flags & ~SegmentFlags.Known) != 0 ? BlockStatus.NewerVersion
            : header.IsPlausible ? BlockStatus.Valid
            : BlockStatus.Corrupt;
        if (status != BlockStatus.Valid)
        {
            header = default;
        }

        return status;
    }

    private bool IsPlausible =>
        Uid != 0 && Partition >= 0 && Sequence != 0 && BaseOffset >= 0 && PredecessorEnd >= 0;
}

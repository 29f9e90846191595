using System.Buffers.Binary;

namespace EmbeddedLog.Format;

/// <summary>The proven state of a partition at one moment. See FORMAT.md, "Checkpoint".</summary>
/// <param name="Generation">Counts checkpoints from 1; the greater of two is the newer.</param>
/// <param name="DurableEndOffset">All records below this offset had been flushed.</param>
/// <param name="ActiveSequence">The sequence of the segment that holds the durable end.</param>
/// <param name="ActiveUid">The uid of that segment.</param>
/// <param name="DurableEndPosition">The durable end as a position in that segment's file.</param>
/// <param name="LogStartOffset">The first offset that may be read.</param>
/// <param name="Epoch">The leader epoch.</param>
/// <param name="Clean">The partition was closed with everything flushed and nothing was written since.</param>
/// <param name="WrittenAt">When it was written, in Unix milliseconds; helps people to tell copies apart.</param>
internal readonly record struct Checkpoint(
    ulong Generation,
    long DurableEndOffset,
    uint ActiveSequence,
    ulong ActiveUid,
    long DurableEndPosition,
    long LogStartOffset,
    uint Epoch,
    bool Clean,
    long WrittenAt = 0)
{
    private const int TopicUidAt = TwoSlotPage.FieldsAt;
    private const int PartitionAt = 32;
    private const int ActiveSequenceAt = 36;
    private const int ActiveUidAt = 40;
    private const int DurableEndOffsetAt = 48;
    private const int DurableEndPositionAt = 56;
    private const int LogStartOffsetAt = 64;
    private const int EpochAt = 72;
    private const int CleanAt = 76;
    private const int WrittenAtAt = 80;

    /// <summary>The first bytes of a checkpoint's page.</summary>
    public static ReadOnlySpan<byte> Magic => "ELOGCHKP"u8;

    /// <summary>Writes the fields into a blank page; <see cref="TwoSlotPage.Seal"/> completes it.</summary>
    public void WriteFields(Span<byte> page, ulong topicUid, int partition)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(page[TopicUidAt..], topicUid);
        BinaryPrimitives.WriteInt32LittleEndian(page[PartitionAt..], partition);
        BinaryPrimitives.WriteUInt32LittleEndian(page[ActiveSequenceAt..], ActiveSequence);
        BinaryPrimitives.WriteUInt64LittleEndian(page[ActiveUidAt..], ActiveUid);
        BinaryPrimitives.WriteInt64LittleEndian(page[DurableEndOffsetAt..], DurableEndOffset);
        BinaryPrimitives.WriteInt64LittleEndian(page[DurableEndPositionAt..], DurableEndPosition);
        BinaryPrimitives.WriteInt64LittleEndian(page[LogStartOffsetAt..], LogStartOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(page[EpochAt..], Epoch);
        page[CleanAt] = Clean ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt64LittleEndian(page[WrittenAtAt..], WrittenAt);
    }

    /// <summary>Reads the fields of a valid page; false if no writer produces such fields.</summary>
    public static bool TryReadFields(
        ReadOnlySpan<byte> page, ulong generation, out Checkpoint checkpoint, out ulong topicUid, out int partition)
    {
        topicUid = BinaryPrimitives.ReadUInt64LittleEndian(page[TopicUidAt..]);
        partition = BinaryPrimitives.ReadInt32LittleEndian(page[PartitionAt..]);
        checkpoint = new Checkpoint(
            generation,
            BinaryPrimitives.ReadInt64LittleEndian(page[DurableEndOffsetAt..]),
            BinaryPrimitives.ReadUInt32LittleEndian(page[ActiveSequenceAt..]),
            BinaryPrimitives.ReadUInt64LittleEndian(page[ActiveUidAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(page[DurableEndPositionAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(page[LogStartOffsetAt..]),
            BinaryPrimitives.ReadUInt32LittleEndian(page[EpochAt..]),
            page[CleanAt] == 1,
            BinaryPrimitives.ReadInt64LittleEndian(page[WrittenAtAt..]));
        return checkpoint.DurableEndOffset is >= 0 and <= FormatLimits.MaxOffset
            && checkpoint.DurableEndPosition is >= 0 and <= FormatLimits.MaxSegmentBytes
            && checkpoint.LogStartOffset is >= 0 and <= FormatLimits.MaxOffset
            && checkpoint.Epoch <= FormatLimits.MaxEpoch
            && page[CleanAt] <= 1;
    }
}

using System.Buffers.Binary;
using EmbeddedLog.Format.Checksums;
using EmbeddedLog.Format.Manifests;

namespace EmbeddedLog.Format;

/// <summary>The state of a partition at a clean close. See FORMAT.md, "Closed".</summary>
/// <param name="TopicUid">The topic.</param>
/// <param name="Partition">The partition's number.</param>
/// <param name="Epoch">The epoch of the checkpoint.</param>
/// <param name="CheckpointGeneration">The generation of the clean checkpoint.</param>
/// <param name="EndOffset">Where the log ended.</param>
/// <param name="EndPosition">The same as a position in the active segment's file.</param>
/// <param name="ActiveUid">The uid of the segment that held the end; 0 for none.</param>
/// <param name="ActiveSequence">The sequence of that segment; 0 for none.</param>
/// <param name="ManifestDigest">The checksum of the manifest's contents, see <see cref="Digest"/>.</param>
/// <param name="LogStartOffset">The first offset that could be read.</param>
internal readonly record struct ClosedPartition(
    ulong TopicUid,
    int Partition,
    uint Epoch,
    ulong CheckpointGeneration,
    long EndOffset,
    long EndPosition,
    ulong ActiveUid,
    uint ActiveSequence,
    uint ManifestDigest,
    long LogStartOffset)
{
    /// <summary>The size of a row.</summary>
    public const int Bytes = 64;

    private const int PartitionAt = 8;
    private const int EpochAt = 12;
    private const int GenerationAt = 16;
    private const int EndOffsetAt = 24;
    private const int EndPositionAt = 32;
    private const int ActiveUidAt = 40;
    private const int ActiveSequenceAt = 48;
    private const int ManifestDigestAt = 52;
    private const int LogStartOffsetAt = 56;

    /// <summary>
    /// The checksum of a manifest's contents. A manifest that is written anew, with fewer records, has the same
    /// checksum.
    /// </summary>
    public static uint Digest(long logStartOffset, IReadOnlyList<SegmentEntry> segments)
    {
        uint crc = Crc32C.Append(Crc32C.Initial, (ulong)logStartOffset);
        for (int i = 0; i < segments.Count; i++)
        {
            SegmentEntry entry = segments[i];
            crc = Crc32C.Append(Crc32C.Append(crc, entry.Uid), (ulong)entry.BaseOffset);
            crc = Crc32C.Append(Crc32C.Append(crc, entry.PredecessorUid), (ulong)entry.PredecessorEnd);
            crc = Crc32C.Append(Crc32C.Append(crc, entry.Sequence), entry.Epoch);
        }

        return Crc32C.Finish(crc);
    }

    /// <summary>The row of a partition with this checkpoint.</summary>
    public static ClosedPartition From(ulong topicUid, int partition, in Checkpoint checkpoint, uint manifestDigest) =>
        new(
            topicUid,
            partition,
            checkpoint.Epoch,
            checkpoint.Generation,
            checkpoint.DurableEndOffset,
            checkpoint.DurableEndPosition,
            checkpoint.ActiveUid,
            checkpoint.ActiveSequence,
            manifestDigest,
            checkpoint.LogStartOffset);

    /// <summary>The clean checkpoint that the row was made from, without the time of its writing.</summary>
    public Checkpoint ToCheckpoint() => new(
        CheckpointGeneration, EndOffset, ActiveSequence, ActiveUid, EndPosition, LogStartOffset, Epoch, Clean: true);

    /// <summary>Writes the row.</summary>
    public void Write(Span<byte> row)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(row, TopicUid);
        BinaryPrimitives.WriteInt32LittleEndian(row[PartitionAt..], Partition);
        BinaryPrimitives.WriteUInt32LittleEndian(row[EpochAt..], Epoch);
        BinaryPrimitives.WriteUInt64LittleEndian(row[GenerationAt..], CheckpointGeneration);
        BinaryPrimitives.WriteInt64LittleEndian(row[EndOffsetAt..], EndOffset);
        BinaryPrimitives.WriteInt64LittleEndian(row[EndPositionAt..], EndPosition);
        BinaryPrimitives.WriteUInt64LittleEndian(row[ActiveUidAt..], ActiveUid);
        BinaryPrimitives.WriteUInt32LittleEndian(row[ActiveSequenceAt..], ActiveSequence);
        BinaryPrimitives.WriteUInt32LittleEndian(row[ManifestDigestAt..], ManifestDigest);
        BinaryPrimitives.WriteInt64LittleEndian(row[LogStartOffsetAt..], LogStartOffset);
    }

    /// <summary>Reads a row; false if no writer produces it.</summary>
    public static bool TryRead(ReadOnlySpan<byte> row, out ClosedPartition partition)
    {
        partition = new ClosedPartition(
            BinaryPrimitives.ReadUInt64LittleEndian(row),
            BinaryPrimitives.ReadInt32LittleEndian(row[PartitionAt..]),
            BinaryPrimitives.ReadUInt32LittleEndian(row[EpochAt..]),
            BinaryPrimitives.ReadUInt64LittleEndian(row[GenerationAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(row[EndOffsetAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(row[EndPositionAt..]),
            BinaryPrimitives.ReadUInt64LittleEndian(row[ActiveUidAt..]),
            BinaryPrimitives.ReadUInt32LittleEndian(row[ActiveSequenceAt..]),
            BinaryPrimitives.ReadUInt32LittleEndian(row[ManifestDigestAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(row[LogStartOffsetAt..]));
        return partition.TopicUid != 0
            && partition.Partition >= 0
            && partition.Epoch <= FormatLimits.MaxEpoch
            && partition.CheckpointGeneration is > 0 and <= FormatLimits.MaxGeneration
            && partition.EndOffset is >= 0 and <= FormatLimits.MaxOffset
            && partition.EndPosition is >= 0 and <= FormatLimits.MaxSegmentBytes
            && partition.LogStartOffset is >= 0 and <= FormatLimits.MaxOffset;
    }
}

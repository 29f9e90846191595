using EmbeddedLog.Files;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Partitions.Recovery;

/// <summary>The partition that an opening found or made.</summary>
/// <param name="Files">The partition's small files.</param>
/// <param name="Segments">The segments; all but the active one have ended.</param>
/// <param name="Active">The active segment; null if the next append begins a new one.</param>
/// <param name="End">The end of the log, all of it durable.</param>
/// <param name="LogStart">The first offset that may be read.</param>
/// <param name="Epoch">The epoch of new records.</param>
/// <param name="NextSequence">A number greater than that of any segment file in the directory.</param>
/// <param name="Report">The report of the opening.</param>
/// <param name="Damage">Why it could not be recovered; null for all but a damaged one.</param>
internal sealed record RecoveredPartition(
    PartitionFiles Files,
    SegmentList Segments,
    ActiveSegment? Active,
    DurablePoint End,
    long LogStart,
    uint Epoch,
    uint NextSequence,
    PartitionRecoveryReport Report,
    FoundDamage? Damage = null)
{
    /// <summary>An offset below all others, which no partition that was recovered has.</summary>
    public const long NoOffset = -1;

    /// <summary>A partition of which no file is open and no offset is known.</summary>
    public static RecoveredPartition Damaged(TopicPartition id, FoundDamage damage) => new(
        PartitionFiles.None,
        SegmentList.Empty,
        null,
        new DurablePoint(NoOffset, 0, 0, 0),
        NoOffset,
        0,
        1,
        new PartitionRecoveryReport(id, false, 0, 0, 0, 0, 0, TimeSpan.Zero) { Failure = damage.Failure },
        damage);
}

using EmbeddedLog.Coordination.Groups;
using EmbeddedLog.Partitions.Reading;

namespace EmbeddedLog.Coordination.Offsets;

/// <summary>One of the offsets that are committed together.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Offset">The offset of the next record to read.</param>
/// <param name="Metadata">The text to store with it, or null.</param>
/// <param name="Hold">The assignment under which it is committed: one that is over commits nothing.</param>
/// <param name="Truncations">
/// The number of the partition's truncations for which the offset is known to be right: always zero in a log that this
/// process owns.
/// </param>
internal readonly record struct PartitionCommit(
    ReadablePartition Partition,
    long Offset,
    string? Metadata = null,
    PartitionHold? Hold = null,
    int Truncations = 0);

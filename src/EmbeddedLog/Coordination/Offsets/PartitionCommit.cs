using EmbeddedLog.Coordination.Groups;
using EmbeddedLog.Partitions;

namespace EmbeddedLog.Coordination.Offsets;

/// <summary>One of the offsets that are committed together.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Offset">The offset of the next record to read.</param>
/// <param name="Metadata">The text to store with it, or null.</param>
/// <param name="Hold">The assignment under which it is committed: one that is over commits nothing.</param>
internal readonly record struct PartitionCommit(
    PartitionLog Partition, long Offset, string? Metadata = null, PartitionHold? Hold = null);

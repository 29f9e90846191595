using EmbeddedLog.Files;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Partitions.Recovery;

/// <summary>What opening a partition found, or made.</summary>
/// <param name="Files">The partition's small files.</param>
/// <param name="Segments">The segments, all ended but for the active one.</param>
/// <param name="Active">The segment to write on in; null where the next append begins a new one.</param>
/// <param name="End">The end of the log, all of it durable.</param>
/// <param name="LogStart">The first offset that may be read.</param>
/// <param name="Epoch">The epoch of what is appended from now on.</param>
/// <param name="NextSequence">A number greater than that of any segment file in the directory.</param>
/// <param name="Report">What was kept and what was not.</param>
internal sealed record RecoveredPartition(
    PartitionFiles Files,
    SegmentList Segments,
    ActiveSegment? Active,
    DurablePoint End,
    long LogStart,
    uint Epoch,
    uint NextSequence,
    PartitionRecoveryReport Report);

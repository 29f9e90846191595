namespace EmbeddedLog.Format.Manifests;

/// <summary>One segment in the partition's manifest; the segment's own header has the same fields.</summary>
/// <param name="Sequence">The number in the file's name, from 1, never used twice in a partition.</param>
/// <param name="Uid">Random, never zero.</param>
/// <param name="BaseOffset">The offset that the segment's frames count from.</param>
/// <param name="Epoch">The leader epoch that the segment's frames count from.</param>
/// <param name="PredecessorUid">The segment before this one; 0 when there is none.</param>
/// <param name="PredecessorEnd">The position in the predecessor's file where its log ends.</param>
/// <param name="IsSalvaged">
/// Whether a salvage has replaced a damaged file by this one. Its sequence is then above those of later segments.
/// </param>
internal readonly record struct SegmentEntry(
    uint Sequence,
    ulong Uid,
    long BaseOffset,
    uint Epoch,
    ulong PredecessorUid,
    long PredecessorEnd,
    bool IsSalvaged = false);

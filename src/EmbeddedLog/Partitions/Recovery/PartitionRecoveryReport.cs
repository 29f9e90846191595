namespace EmbeddedLog;

/// <summary>The result of opening one partition.</summary>
/// <param name="Partition">
/// The partition; the committed offsets of all groups are partition 0 of the topic <c>__offsets</c>.
/// </param>
/// <param name="Clean">Whether it had been closed cleanly, so that there was nothing to recover.</param>
/// <param name="StartOffset">The first offset that can be read.</param>
/// <param name="ProvenOffset">The offset below which everything was known to be on the disk, and kept as it is.</param>
/// <param name="EndOffset">The offset behind the last kept record; all kept records are durable.</param>
/// <param name="TornBytes">
/// How many bytes behind the last good record were left out: parts of writes that were never flushed and that a crash
/// cut off.
/// </param>
/// <param name="RebuiltIndexes">
/// How many sparse indexes the opening made from the records: for copies, and for the active segment if its index was
/// missing or bad. All others are checked when they are needed.
/// </param>
/// <param name="Duration">How long the opening of the partition took.</param>
public sealed record PartitionRecoveryReport(
    TopicPartition Partition,
    bool Clean,
    long StartOffset,
    long ProvenOffset,
    long EndOffset,
    long TornBytes,
    int RebuiltIndexes,
    TimeSpan Duration)
{
    /// <summary>
    /// Why the partition is damaged and was not opened; null for all that were. Its offsets are zero here. It is what
    /// <see cref="OwnedPartition.Failure"/> tells, and says what to do.
    /// </summary>
    public CorruptLogException? Failure { get; init; }

    /// <summary>How many offsets can be read.</summary>
    public long KeptRecords => EndOffset - StartOffset;

    /// <summary>How many offsets above the proven end were verified, copied and flushed.</summary>
    public long CopiedRecords => EndOffset - ProvenOffset;
}

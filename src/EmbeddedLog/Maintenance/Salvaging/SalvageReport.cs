namespace EmbeddedLog;

/// <summary>What <see cref="CommitLog.SalvageAsync"/> has kept of a partition, and what is gone.</summary>
public sealed class SalvageReport
{
    internal SalvageReport(
        TopicPartition partition, IReadOnlyList<OffsetRange> gone, IReadOnlyList<OffsetRange> earlier)
    {
        Partition = partition;
        Gone = gone;
        EarlierGaps = earlier;
    }

    /// <summary>The partition.</summary>
    public TopicPartition Partition { get; }

    /// <summary>
    /// The offsets whose records this salvage has found gone, in order, from the log's start to its end. They are never
    /// given to other records.
    /// </summary>
    public IReadOnlyList<OffsetRange> Gone { get; }

    /// <summary>The offsets that earlier salvages had found gone.</summary>
    public IReadOnlyList<OffsetRange> EarlierGaps { get; }

    /// <summary>Whether the partition was changed; otherwise nothing is damaged that a salvage could help.</summary>
    public bool HasChanged => ReplacedSegments > 0 || HasNewCheckpoint;

    /// <summary>The offset of the first record that retention has left.</summary>
    public long StartOffset { get; internal init; }

    /// <summary>The offset behind the last record that is kept, or is known to be gone.</summary>
    public long EndOffset { get; internal init; }

    /// <summary>
    /// Whether nothing can have followed <see cref="EndOffset"/>. False where what stood there is damaged and nothing
    /// tells how many records it was: their offsets are unknown, and are given to the next ones.
    /// </summary>
    public bool EndIsCertain { get; internal init; }

    /// <summary>How many records can be read.</summary>
    public long KeptRecords { get; internal init; }

    /// <summary>How many bytes their frames have.</summary>
    public long KeptBytes { get; internal init; }

    /// <summary>How many segments were written anew.</summary>
    public int ReplacedSegments { get; internal init; }

    /// <summary>Whether the checkpoint was written anew, because it was damaged.</summary>
    public bool HasNewCheckpoint { get; internal init; }

    /// <summary>
    /// The directory with the damaged files as they were found; null where nothing was changed. What the device could
    /// not read is zeros there. Nothing needs it: delete it when it is of no more use.
    /// </summary>
    public string? EvidenceDirectory { get; internal init; }
}

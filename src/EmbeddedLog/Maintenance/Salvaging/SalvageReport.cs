namespace EmbeddedLog;

/// <summary>
/// The result of <see cref="CommitLog.SalvageAsync"/>: the kept records of a partition, and the lost offsets.
/// </summary>
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
    /// The offsets that this salvage has found lost, in order, from the log's start to its end. They are never given to
    /// other records.
    /// </summary>
    public IReadOnlyList<OffsetRange> Gone { get; }

    /// <summary>The offsets that earlier salvages had found lost.</summary>
    public IReadOnlyList<OffsetRange> EarlierGaps { get; }

    /// <summary>Whether the partition was changed. If not, it has no damage that a salvage can repair.</summary>
    public bool HasChanged => ReplacedSegments > 0 || HasNewCheckpoint;

    /// <summary>The offset of the first record that is not removed by retention.</summary>
    public long StartOffset { get; internal init; }

    /// <summary>The offset behind the last record that is kept, or is known to be lost.</summary>
    public long EndOffset { get; internal init; }

    /// <summary>
    /// Whether no record can have followed <see cref="EndOffset"/>. False if the bytes there are damaged and the number
    /// of their records is unknown: their offsets are given to the next records.
    /// </summary>
    public bool EndIsCertain { get; internal init; }

    /// <summary>How many records can be read.</summary>
    public long KeptRecords { get; internal init; }

    /// <summary>The bytes of their frames.</summary>
    public long KeptBytes { get; internal init; }

    /// <summary>How many segments were written anew.</summary>
    public int ReplacedSegments { get; internal init; }

    /// <summary>Whether the checkpoint was written anew, because it was damaged.</summary>
    public bool HasNewCheckpoint { get; internal init; }

    /// <summary>
    /// The directory with the damaged files as they were found; null if nothing was changed. Bytes that the device
    /// could not read are zeros there. The log does not need it: delete it when you do not.
    /// </summary>
    public string? EvidenceDirectory { get; internal init; }
}

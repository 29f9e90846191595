using EmbeddedLog.Coordination.Offsets;

namespace EmbeddedLog;

/// <summary>
/// The result of an opening. A log that was closed has nothing to recover. After a kill, a loss of power or a failed
/// flush, each partition's tail was verified.
/// </summary>
public sealed class RecoveryReport
{
    internal RecoveryReport(bool clean, IReadOnlyList<PartitionRecoveryReport> partitions, TimeSpan duration)
    {
        Clean = clean;
        Partitions = partitions;
        Duration = duration;
    }

    /// <summary>Whether the log had been closed cleanly, or is new.</summary>
    public bool Clean { get; }

    /// <summary>
    /// The partitions, by topic and number; the committed offsets of all groups come last, as partition 0 of the topic
    /// <c>__offsets</c>.
    /// </summary>
    public IReadOnlyList<PartitionRecoveryReport> Partitions { get; }

    /// <summary>
    /// The partitions that are damaged and were not opened, nearly always none. Each tells why:
    /// <see cref="PartitionRecoveryReport.Failure"/>.
    /// </summary>
    public IReadOnlyList<PartitionRecoveryReport> Damaged =>
        [.. Partitions.Where(partition => partition.Failure is not null)];

    /// <summary>How long the opening took, without waiting for another owner.</summary>
    public TimeSpan Duration { get; }

    /// <summary>How many records of all topics can be read.</summary>
    public long KeptRecords => TopicPartitions.Sum(partition => partition.KeptRecords);

    /// <summary>
    /// How many of them were above the proven durable end, and were verified, copied and flushed. Of topics, as all
    /// sums here: the partition of committed offsets counts only in its own report.
    /// </summary>
    public long CopiedRecords => TopicPartitions.Sum(partition => partition.CopiedRecords);

    /// <summary>How many bytes of torn writes, which were never flushed, were left out.</summary>
    public long TornBytes => TopicPartitions.Sum(partition => partition.TornBytes);

    /// <summary>How many sparse indexes were made again.</summary>
    public int RebuiltIndexes => TopicPartitions.Sum(partition => partition.RebuiltIndexes);

    /// <summary>The partitions of topics, without that of committed offsets.</summary>
    internal IEnumerable<PartitionRecoveryReport> TopicPartitions =>
        Partitions.Where(partition => partition.Partition.Topic != OffsetStore.TopicName);
}

namespace EmbeddedLog;

/// <summary>
/// Where a consumer starts in a partition without a committed offset, or whose committed offset is no longer in the
/// log; Kafka's <c>auto.offset.reset</c>. To start at an offset or a time, see
/// <see cref="ConsumerOptions.StartOffset"/> and <see cref="ConsumerOptions.StartTime"/>.
/// </summary>
public enum StartAt
{
    /// <summary>At the first record that is still in the log: a new group misses nothing.</summary>
    Earliest,

    /// <summary>At the end as of the first read: only records appended later. Kafka's default.</summary>
    Latest,

    /// <summary>
    /// Nowhere: the first read fails with <see cref="OffsetUnavailableException"/>. Kafka's <c>none</c>.
    /// </summary>
    Error,
}

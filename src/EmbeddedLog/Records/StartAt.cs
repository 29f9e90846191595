namespace EmbeddedLog;

/// <summary>
/// Where a consumer starts in a partition for which nothing is committed, or whose committed offset is no longer there;
/// Kafka's <c>auto.offset.reset</c>. To start at an offset or a time, see <see cref="ConsumerOptions.StartOffset"/> and
/// <see cref="ConsumerOptions.StartTime"/>.
/// </summary>
public enum StartAt
{
    /// <summary>At the first record that is still there: a new group misses nothing.</summary>
    Earliest,

    /// <summary>At the end as of the first read: only what is appended later. Kafka's default.</summary>
    Latest,

    /// <summary>
    /// Nowhere: the first read fails with <see cref="OffsetUnavailableException"/>. Kafka's <c>none</c>.
    /// </summary>
    Error,
}

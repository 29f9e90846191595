using EmbeddedLog.Segments.Writing;

namespace EmbeddedLog.Partitions.State;

/// <summary>
/// The settings of a partition, from its topic's options. Replaced as a whole when the options change.
/// </summary>
/// <param name="SegmentBytes">Size limit of segments. A smaller one ends the segment that is over it with the next
/// append; a larger one counts from the next segment on.</param>
/// <param name="SegmentAgeMilliseconds">Age at which a segment is rolled; <see cref="long.MaxValue"/> for
/// never.</param>
/// <param name="MaxRecordBytes">Most bytes of key, value and headers of one record.</param>
/// <param name="FlushInterval">The longest time that a written record stays unflushed; null for any time.</param>
/// <param name="AppendTime">Whether the log gives the timestamps.</param>
/// <param name="MaxAheadMilliseconds">How far ahead of the clock a producer's timestamp may be.</param>
/// <param name="Retention">How long records stay.</param>
/// <param name="Positional">Whether appends are positional writes instead of stores to a map.</param>
internal sealed record PartitionSettings(
    int SegmentBytes,
    long SegmentAgeMilliseconds,
    int MaxRecordBytes,
    TimeSpan? FlushInterval,
    bool AppendTime,
    long MaxAheadMilliseconds,
    RetentionPolicy Retention,
    bool Positional)
{
    /// <summary>The shape of segments.</summary>
    public SegmentShape Shape => new(SegmentBytes, Positional);
}

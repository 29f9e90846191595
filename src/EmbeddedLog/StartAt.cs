using System.Globalization;

namespace EmbeddedLog;

/// <summary>
/// Where a consumer starts in a partition for which nothing is committed, or whose committed offset is no longer there;
/// Kafka's <c>auto.offset.reset</c>, and the two seeks that usually go with it. The default value is
/// <see cref="Earliest"/>.
/// </summary>
public readonly record struct StartAt
{
    private readonly long _offset;
    private readonly DateTimeOffset _timestamp;

    private StartAt(StartAtKind kind, long offset = 0, DateTimeOffset timestamp = default)
    {
        Kind = kind;
        _offset = offset;
        _timestamp = timestamp;
    }

    /// <summary>At the first record that is still there: a new group misses nothing.</summary>
    public static StartAt Earliest => default;

    /// <summary>At the end as of the first read: only what is appended later. Kafka's default.</summary>
    public static StartAt Latest => new(StartAtKind.Latest);

    /// <summary>
    /// Nowhere: the first read fails with <see cref="OffsetUnavailableException"/>. Kafka's <c>none</c>.
    /// </summary>
    public static StartAt Error => new(StartAtKind.Error);

    /// <summary>Which of the five.</summary>
    public StartAtKind Kind { get; }

    /// <summary>The offset, where <see cref="Kind"/> is <see cref="StartAtKind.Offset"/>, else null.</summary>
    public long? Offset => Kind == StartAtKind.Offset ? _offset : null;

    /// <summary>The time, where <see cref="Kind"/> is <see cref="StartAtKind.Timestamp"/>, else null.</summary>
    public DateTimeOffset? Timestamp => Kind == StartAtKind.Timestamp ? _timestamp : null;

    /// <summary>At an offset, the same in each partition.</summary>
    /// <param name="offset">The offset of the first record to read, from zero.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="offset"/> is negative.</exception>
    public static StartAt FromOffset(long offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        return new StartAt(StartAtKind.Offset, offset: offset);
    }

    /// <summary>
    /// At the first record whose timestamp is at or after a time, as Kafka's <c>offsetsForTimes</c>; at the end where
    /// there is none.
    /// </summary>
    /// <param name="timestamp">The time.</param>
    public static StartAt FromTimestamp(DateTimeOffset timestamp) =>
        new(StartAtKind.Timestamp, timestamp: timestamp);

    /// <summary>The kind, with the offset or the time: <c>Offset 42</c>.</summary>
    public override string ToString() => Kind switch
    {
        StartAtKind.Offset => string.Create(CultureInfo.InvariantCulture, $"Offset {_offset}"),
        StartAtKind.Timestamp => string.Create(CultureInfo.InvariantCulture, $"Timestamp {_timestamp:o}"),
        _ => Kind.ToString(),
    };
}

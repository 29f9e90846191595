using EmbeddedLog.Validation;

namespace EmbeddedLog;

/// <summary>
/// How long a topic's records stay: up to an age, up to a size, the earlier of both, or for ever. Checked and
/// copied when handed over with a topic's options: later changes have no effect. Two policies with the same limits are
/// equal.
/// </summary>
/// <remarks>
/// <para>
/// Kafka's rules: whole segments are removed, oldest first, up to the first one that stays. By size, a segment is
/// removed only while the rest still holds at least the limit, so a partition keeps up to one segment more than the
/// limit. By age, a segment is removed when its <em>largest</em> record timestamp is older than <see cref="MaxAge"/>.
/// </para>
/// <para>
/// A segment takes records until it is full or as old as <see cref="TopicOptions.SegmentAge"/>. On a quiet topic, where
/// its age ends it, a record therefore stays for up to both ages together: 14 days with the defaults of 7 days each.
/// To make the limit sharper, lower <see cref="TopicOptions.SegmentAge"/>: with 1 hour a record stays for up to 7 days
/// and 1 hour. <see cref="CommitLogOptions.RetentionCheckInterval"/> comes on top.
/// </para>
/// </remarks>
public sealed record RetentionPolicy
{
    /// <summary>Kafka's defaults: seven days, whatever the size. A new object each time.</summary>
    public static RetentionPolicy Default => new();

    /// <summary>Removes nothing. A new object each time.</summary>
    public static RetentionPolicy KeepForever => new() { MaxAge = null, MaxBytesPerPartition = null };

    /// <summary>
    /// The age from which records are removed, as Kafka's <c>retention.ms</c>; null, or
    /// <see cref="Timeout.InfiniteTimeSpan"/>, for any age. At least 1 ms. On a quiet topic records stay longer, by up
    /// to <see cref="TopicOptions.SegmentAge"/>; see the remarks. Default: 7 days.
    /// </summary>
    public TimeSpan? MaxAge { get; set; } = TimeSpan.FromDays(7);

    /// <summary>
    /// The size of a partition in bytes from which on its oldest segments are removed, as Kafka's
    /// <c>retention.bytes</c>; null for any size. At least 1. A limit below <see cref="TopicOptions.SegmentBytes"/> is
    /// allowed, but the segment being written always stays. Default: null.
    /// </summary>
    public long? MaxBytesPerPartition { get; set; }

    /// <summary>The limits in words: <c>7 days, 256 MiB per partition</c>.</summary>
    public override string ToString()
    {
        string? age = MaxAge is { } maxAge ? Units.Duration(maxAge) : null;
        string? size = MaxBytesPerPartition is { } maxBytes ? $"{Units.Size(maxBytes)} per partition" : null;
        return (age, size) switch
        {
            (null, null) => "keep for ever",
            (not null, null) => age,
            (null, not null) => size,
            _ => $"{age}, {size}",
        };
    }

    /// <summary>A copy with null for no limit.</summary>
    internal RetentionPolicy Copy() => this with { MaxAge = MaxAge == Timeout.InfiniteTimeSpan ? null : MaxAge };

    /// <summary>Notes what is wrong with the limits.</summary>
    /// <param name="faults">Where to note it.</param>
    /// <param name="setting">The name of the property that holds the policy.</param>
    internal void Validate(OptionFaults faults, string setting)
    {
        if (MaxAge is { } age && age != Timeout.InfiniteTimeSpan && age < TimeSpan.FromMilliseconds(1))
        {
            faults.Add($"{setting}.{nameof(MaxAge)}", OptionFaults.Span(age), "at least 1 ms", "use null for any age");
        }

        if (MaxBytesPerPartition is { } bytes and < 1)
        {
            faults.Add(
                $"{setting}.{nameof(MaxBytesPerPartition)}",
                OptionFaults.Number(bytes),
                "at least 1 byte",
                "use null for any size");
        }
    }
}

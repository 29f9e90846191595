using EmbeddedLog.Validation;

namespace EmbeddedLog;

/// <summary>
/// The options of a topic. Checked and copied when used: later changes have no effect, and one
/// <see cref="ArgumentException"/> lists all faults.
/// </summary>
/// <remarks>
/// All but <see cref="Partitioner"/> is stored with the topic. <see cref="WriteMode"/> stays as it was when the topic
/// was created, <see cref="Partitions"/> only grows, by <see cref="CommitLog.AddPartitionsAsync"/>; the rest may be
/// changed by ensuring the topic again.
/// </remarks>
public sealed class TopicOptions
{
    /// <summary>
    /// The bytes that a segment needs beside one record: its header page, the frame's header, and room to seal it.
    /// </summary>
    internal const int SegmentReserveBytes = 4096 + 128;

    /// <summary>How many partitions a topic can have.</summary>
    internal const int MaxPartitions = 65_536;

    private const int DefaultMaxRecordBytes = 1_048_588;

    /// <summary>
    /// The number of partitions, 1 to 65,536, as Kafka's <c>num.partitions</c>. The unit of order and of sharing work:
    /// at most as many members of a group can read at a time. <see cref="CommitLog.AddPartitionsAsync"/> adds more.
    /// Default: 1.
    /// </summary>
    public int Partitions { get; set; } = 1;

    /// <summary>
    /// How long records stay; on a quiet topic for up to 14 days with the defaults, see <see cref="RetentionPolicy"/>.
    /// Default: <see cref="RetentionPolicy.Default"/>, 7 days.
    /// </summary>
    public RetentionPolicy Retention { get; set; } = RetentionPolicy.Default;

    /// <summary>
    /// The size in bytes at which a partition continues in a new segment file, 16 KiB to 1 GiB, as Kafka's
    /// <c>segment.bytes</c> (whose default is 1 GiB). Retention removes whole segments. A smaller size counts from the
    /// next append on, a larger one from the next segment. Default: 64 MiB (67,108,864).
    /// </summary>
    public int SegmentBytes { get; set; } = 64 << 20;

    /// <summary>
    /// The age at which a partition continues in a new segment file although the old one is not full, 1 ms to 36,500
    /// days, or <see cref="Timeout.InfiniteTimeSpan"/> for none; as Kafka's <c>segment.ms</c>. Counted by the clock
    /// from the segment's first append; Kafka counts by the records' timestamps. Retention removes whole segments, so
    /// on a quiet topic records stay for up to this age and <see cref="RetentionPolicy.MaxAge"/> together; a shorter
    /// age makes retention sharper. Default: 7 days.
    /// </summary>
    public TimeSpan SegmentAge { get; set; } = TimeSpan.FromDays(7);

    /// <summary>
    /// The largest record in bytes, key and value and headers together, 1 to <see cref="SegmentBytes"/> less 4,224; as
    /// Kafka's <c>max.message.bytes</c>. Larger ones fail with <see cref="RecordTooLargeException"/>. Default: null,
    /// for 1,048,588, or the upper bound if that is less.
    /// </summary>
    public int? MaxRecordBytes { get; set; }

    /// <summary>
    /// The longest time until the background flushes a written record: 1 ms to 1 day, or
    /// <see cref="Timeout.InfiniteTimeSpan"/> for never; as Kafka's <c>flush.ms</c> (never by default). Default: 1
    /// second.
    /// </summary>
    public TimeSpan FlushInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How appends reach the page cache. Cannot be changed later. Default: <see cref="WriteMode.Auto"/>.
    /// </summary>
    public WriteMode WriteMode { get; set; } = WriteMode.Auto;

    /// <summary>The meaning of timestamps. Default: <see cref="TimestampType.CreateTime"/>.</summary>
    public TimestampType TimestampType { get; set; } = TimestampType.CreateTime;

    /// <summary>
    /// How far ahead of the clock a producer's timestamp may be, 0 to 36,500 days, or
    /// <see cref="Timeout.InfiniteTimeSpan"/> for any; as Kafka's <c>message.timestamp.after.max.ms</c>. One record
    /// from the far future would keep its segment, and all after it, for as long. Default: 1 hour.
    /// </summary>
    public TimeSpan MaxTimestampAhead { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Chooses the partition of records without a given one, for producers without a partitioner. Not stored: set it
    /// each time. Default: null, for <see cref="Partitioners.Default"/>.
    /// </summary>
    public IPartitioner? Partitioner { get; set; }

    /// <summary>
    /// What is out of bounds or contradictory: a sentence for each fault, which begins with the property's name. Empty
    /// if the options are valid. A topic with other ones throws an exception with all of them.
    /// </summary>
    public IReadOnlyList<string> FindFaults() => Check().All;

    /// <summary>The largest record in bytes, given or by default.</summary>
    internal int EffectiveMaxRecordBytes =>
        MaxRecordBytes ?? Math.Min(DefaultMaxRecordBytes, Math.Max(1, SegmentBytes - SegmentReserveBytes));

    /// <summary>A copy, its policy included.</summary>
    internal TopicOptions Copy()
    {
        var copy = (TopicOptions)MemberwiseClone();
        copy.Retention = Retention is null ? null! : Retention.Copy();
        return copy;
    }

    /// <summary>A valid copy.</summary>
    /// <exception cref="ArgumentException">Something is out of bounds or contradictory; the message lists all of
    /// it.</exception>
    internal TopicOptions ValidatedCopy()
    {
        // The copy is checked: another thread may change the original.
        TopicOptions copy = Copy();
        copy.Validate();
        copy.MaxRecordBytes = copy.EffectiveMaxRecordBytes;
        return copy;
    }

    /// <summary>Throws one exception that lists all faults, if any.</summary>
    /// <exception cref="ArgumentException">Something is out of bounds or contradictory.</exception>
    internal void Validate() => Check().ThrowIfAny();

    private OptionFaults Check()
    {
        var faults = new OptionFaults(nameof(TopicOptions));
        faults.Range(
            nameof(Partitions), Partitions, 1, MaxPartitions, "partitions", "a topic needs one, and each costs files");
        bool segmentFits = faults.Range(
            nameof(SegmentBytes), SegmentBytes, 16 << 10, 1 << 30, "bytes", "64 MiB suits most topics");
        if (segmentFits)
        {
            faults.Range(
                nameof(MaxRecordBytes),
                EffectiveMaxRecordBytes,
                1,
                SegmentBytes - SegmentReserveBytes,
                $"bytes with {nameof(SegmentBytes)} {Units.SizeAndNumber(SegmentBytes)}",
                $"a record must fit into one segment, so raise {nameof(SegmentBytes)} "
                + $"or lower {nameof(MaxRecordBytes)}");
        }
        else if (MaxRecordBytes is { } recordBytes and <= 0)
        {
            faults.Add(nameof(MaxRecordBytes), OptionFaults.Number(recordBytes), "at least 1 byte", "raise it");
        }

        var longest = TimeSpan.FromDays(36_500);
        var tick = TimeSpan.FromMilliseconds(1);
        faults.Range(nameof(SegmentAge), SegmentAge, tick, longest, "seven days suits most topics", "no limit");
        faults.Range(
            nameof(FlushInterval),
            FlushInterval,
            tick,
            TimeSpan.FromDays(1),
            "to have each record flushed before it is acknowledged, produce with Durability.Flushed instead",
            "no background flush");
        faults.Range(
            nameof(MaxTimestampAhead),
            MaxTimestampAhead,
            TimeSpan.Zero,
            longest,
            "one hour suits most topics",
            "any time");
        faults.Defined(nameof(WriteMode), WriteMode);
        faults.Defined(nameof(TimestampType), TimestampType);
        faults.NotNull(nameof(Retention), Retention, "use RetentionPolicy.KeepForever to remove nothing");
        Retention?.Validate(faults, nameof(Retention));
        return faults;
    }
}

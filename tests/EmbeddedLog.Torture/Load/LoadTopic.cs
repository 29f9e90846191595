namespace EmbeddedLog.Torture.Load;

/// <summary>
/// A topic of the load. Small segments, so that rolls, retention and recovery happen all the time.
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="Partitions">How many partitions.</param>
/// <param name="Mode">How appends reach the page cache.</param>
/// <param name="KeptBytes">What retention keeps of each partition at least; null for all.</param>
/// <param name="FlushMilliseconds">How old a written record may get; null for any age.</param>
internal sealed record LoadTopic(
    string Name, int Partitions, WriteMode Mode, long? KeptBytes, int? FlushMilliseconds)
{
    /// <summary>Mapped and trimmed; positional and trimmed; mapped, kept whole, and flushed only when asked.</summary>
    public static IReadOnlyList<LoadTopic> All { get; } =
    [
        new("orders", 2, WriteMode.Auto, 256 << 10, 20),
        new("events", 1, WriteMode.Positional, 192 << 10, 5),
        new("audit", 2, WriteMode.Auto, null, null),
    ];

    /// <summary>The options in one life: segment sizes change from one to the next.</summary>
    /// <param name="random">The life's.</param>
    /// <param name="trimmed">Whether retention is on at all.</param>
    public TopicOptions Options(Random random, bool trimmed) => new()
    {
        Partitions = Partitions,
        WriteMode = Mode,
        SegmentBytes = (16 << 10) << random.Next(4),
        FlushInterval =
            FlushMilliseconds is { } age ? TimeSpan.FromMilliseconds(age) : Timeout.InfiniteTimeSpan,
        Retention = trimmed && KeptBytes is { } kept
            ? new RetentionPolicy { MaxAge = null, MaxBytesPerPartition = kept }
            : RetentionPolicy.KeepForever,
    };
}

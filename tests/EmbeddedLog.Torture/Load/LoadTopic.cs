using EmbeddedLog.Torture.User;

namespace EmbeddedLog.Torture.Load;

/// <summary>
/// A topic of the load. Small segments, so that rolls, retention and recovery happen all the time.
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="Partitions">How many partitions.</param>
/// <param name="Mode">How appends reach the page cache.</param>
/// <param name="KeptBytes">What retention keeps of each partition at least; null for all.</param>
/// <param name="FlushMilliseconds">How old a written record may get; null for any age.</param>
/// <param name="LeastSegmentBytes">The smallest size of its segments; they are up to eight times as large.</param>
internal sealed record LoadTopic(
    string Name,
    int Partitions,
    WriteMode Mode,
    long? KeptBytes,
    int? FlushMilliseconds,
    int LeastSegmentBytes = 16 << 10)
{
    /// <summary>Mapped and trimmed; positional and trimmed; mapped, kept whole, and flushed only when asked.</summary>
    public static IReadOnlyList<LoadTopic> All { get; } =
    [
        new("orders", 2, WriteMode.Auto, 256 << 10, 20),
        new("events", 1, WriteMode.Positional, 192 << 10, 5),
        new("audit", 2, WriteMode.Auto, null, null),
        new("uploads", 1, WriteMode.Auto, 16 << 20, 20, 2 << 20),
    ];

    /// <summary>
    /// The place of the topic for records of every size, which only lives with <see cref="UserTroubles.Sizes"/> have.
    /// </summary>
    public const int Uploads = 3;

    /// <summary>The places of the topics that a life has.</summary>
    public static IEnumerable<int> PlacesOf(UserTroubles troubles) =>
        Enumerable.Range(0, troubles.HasFlag(UserTroubles.Sizes) ? All.Count : Uploads);

    /// <summary>The options in one life: segment sizes change from one to the next.</summary>
    /// <param name="random">The life's.</param>
    /// <param name="trimmed">Whether retention is on at all.</param>
    public TopicOptions Options(Random random, bool trimmed) => new()
    {
        Partitions = Partitions,
        WriteMode = Mode,
        SegmentBytes = LeastSegmentBytes << random.Next(4),
        FlushInterval =
            FlushMilliseconds is { } age ? TimeSpan.FromMilliseconds(age) : Timeout.InfiniteTimeSpan,
        Retention = trimmed && KeptBytes is { } kept
            ? new RetentionPolicy { MaxAge = null, MaxBytesPerPartition = kept }
            : RetentionPolicy.KeepForever,
    };
}

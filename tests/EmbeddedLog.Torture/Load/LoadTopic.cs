using EmbeddedLog.Torture.User;

namespace EmbeddedLog.Torture.Load;

/// <summary>A topic of the load. Segments are small so that rolls, retention and recovery are frequent.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Partitions">How many partitions.</param>
/// <param name="Mode">How appends reach the page cache.</param>
/// <param name="KeptBytes">The bytes that retention keeps in each partition; null for all.</param>
/// <param name="FlushMilliseconds">The longest time until a written record is flushed; null for none.</param>
/// <param name="LeastSegmentBytes">The smallest size of its segments; they are up to eight times as large.</param>
internal sealed record LoadTopic(
    string Name,
    int Partitions,
    WriteMode Mode,
    long? KeptBytes,
    int? FlushMilliseconds,
    int LeastSegmentBytes = 16 << 10)
{
    /// <summary>
    /// Mapped and trimmed; positional and trimmed; mapped, never trimmed, and flushed only on request.
    /// </summary>
    public static IReadOnlyList<LoadTopic> All { get; } =
    [
        new("orders", 2, WriteMode.Auto, 256 << 10, 20),
        new("events", 1, WriteMode.Positional, 192 << 10, 5),
        new("audit", 2, WriteMode.Auto, null, null),
        new("uploads", 1, WriteMode.Auto, 16 << 20, 20, 2 << 20),
    ];

    /// <summary>
    /// The place of the topic for records of every size; only lives with <see cref="UserTroubles.Sizes"/> have it.
    /// </summary>
    public const int Uploads = 3;

    /// <summary>The places of the topics of a life.</summary>
    public static IEnumerable<int> PlacesOf(UserTroubles troubles) =>
        Enumerable.Range(0, troubles.HasFlag(UserTroubles.Sizes) ? All.Count : Uploads);

    /// <summary>The options in one life: segment sizes differ from life to life.</summary>
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

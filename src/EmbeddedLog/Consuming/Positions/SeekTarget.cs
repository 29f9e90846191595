using EmbeddedLog.Validation;

namespace EmbeddedLog;

/// <summary>
/// Where a consumer is to go on in each of its partitions, see <see cref="IConsumer{TKey, TValue}.SeekAsync"/>. Safe to
/// use from any thread.
/// </summary>
public sealed class SeekTarget
{
    private readonly string _text;

    private SeekTarget(string text, DateTimeOffset? time = null)
    {
        _text = text;
        Time = time;
    }

    /// <summary>The first record that is still there; as Kafka's <c>seekToBeginning</c>.</summary>
    public static SeekTarget Beginning { get; } = new("the beginning");

    /// <summary>Behind the last record as of the seek; as Kafka's <c>seekToEnd</c>.</summary>
    public static SeekTarget End { get; } = new("the end");

    /// <summary>The time, where the target is one; null for <see cref="Beginning"/> and <see cref="End"/>.</summary>
    public DateTimeOffset? Time { get; }

    /// <summary>
    /// The first record whose timestamp is at or after a time, or the end where all are earlier; as Kafka's
    /// <c>offsetsForTimes</c> and seek.
    /// </summary>
    /// <param name="time">The time; what is finer than a millisecond is cut off.</param>
    public static SeekTarget At(DateTimeOffset time) => new(UnixTime.ToText(time.ToUnixTimeMilliseconds()), time);

    /// <summary>The beginning, the end, or the time as ISO 8601 says it.</summary>
    public override string ToString() => _text;
}

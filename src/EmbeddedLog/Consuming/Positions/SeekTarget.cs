using EmbeddedLog.Validation;

namespace EmbeddedLog;

/// <summary>
/// The place where a consumer continues in each of its partitions, see <see cref="IConsumer.SeekAsync"/>.
/// Safe to use from any thread.
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

    /// <summary>After the last record at the time of the seek; as Kafka's <c>seekToEnd</c>.</summary>
    public static SeekTarget End { get; } = new("the end");

    /// <summary>The time if the target is one; null for <see cref="Beginning"/> and <see cref="End"/>.</summary>
    public DateTimeOffset? Time { get; }

    /// <summary>
    /// The first record whose timestamp is at or after a time, or the end if all are earlier; as Kafka's
    /// <c>offsetsForTimes</c> and seek.
    /// </summary>
    /// <param name="time">The time, cut to whole milliseconds.</param>
    public static SeekTarget At(DateTimeOffset time) => new(UnixTime.ToText(time.ToUnixTimeMilliseconds()), time);

    /// <summary>The beginning, the end, or the time in ISO 8601.</summary>
    public override string ToString() => _text;
}

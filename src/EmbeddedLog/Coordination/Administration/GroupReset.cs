using EmbeddedLog.Validation;

namespace EmbeddedLog;

/// <summary>
/// Where a group is to go on, see <see cref="ICommitLog.ResetGroupAsync"/>; as the options of Kafka's
/// <c>kafka-consumer-groups --reset-offsets</c>. Every offset is moved to the nearest one that the partition has. Safe
/// to use from any thread.
/// </summary>
public sealed class GroupReset
{
    private readonly string _text;

    private GroupReset(string text) => _text = text;

    /// <summary>The first record that is still there.</summary>
    public static GroupReset Earliest { get; } = new("the earliest records");

    /// <summary>Behind the last record.</summary>
    public static GroupReset Latest { get; } = new("the ends") { IsLatest = true };

    /// <summary>Whether it is <see cref="Latest"/>.</summary>
    internal bool IsLatest { get; private init; }

    /// <summary>The offset, or null.</summary>
    internal long? Offset { get; private init; }

    /// <summary>The time, or null.</summary>
    internal DateTimeOffset? Time { get; private init; }

    /// <summary>How long before the reset, or null.</summary>
    internal TimeSpan? Ago { get; private init; }

    /// <summary>By how many offsets, or null.</summary>
    internal long? Shift { get; private init; }

    /// <summary>The other group, or null.</summary>
    internal string? Other { get; private init; }

    /// <summary>The same offset in each partition.</summary>
    /// <param name="offset">The offset of the next record to read, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public static GroupReset ToOffset(long offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        return new($"offset {Units.Number(offset)}") { Offset = offset };
    }

    /// <summary>The first record at or after a time; the end if there is none.</summary>
    /// <param name="time">The time, by the timestamps of the records.</param>
    public static GroupReset ToTime(DateTimeOffset time) =>
        new(UnixTime.ToText(time.ToUnixTimeMilliseconds())) { Time = time };

    /// <summary>The first record that is not older than a time span, as of the reset.</summary>
    /// <param name="ago">The time span, from zero.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public static GroupReset By(TimeSpan ago)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ago, TimeSpan.Zero);
        return new($"{Units.Duration(ago)} ago") { Ago = ago };
    }

    /// <summary>So many records further or, if negative, back, from what is committed.</summary>
    /// <param name="records">How many offsets.</param>
    public static GroupReset ShiftBy(long records) =>
        new($"{Units.Number(Math.Abs(records))} records {(records < 0 ? "back" : "further")}") { Shift = records };

    /// <summary>What another group has committed; where it has committed nothing, all stays as it is.</summary>
    /// <param name="group">The other group.</param>
    public static GroupReset LikeGroup(string group)
    {
        NameRules.ThrowIfNotGroup(group);
        return new($"what group '{group}' has committed") { Other = group };
    }

    /// <summary>Where it leads, in words.</summary>
    public override string ToString() => _text;
}

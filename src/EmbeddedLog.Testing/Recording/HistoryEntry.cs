using System.Globalization;
using System.Text;
using EmbeddedLog.Testing.Recording;

namespace EmbeddedLog.Testing;

/// <summary>Something that happened on a <see cref="TestLog"/>. Immutable.</summary>
/// <param name="Number">Its place in the history, from 1.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Time">When, by the clock of the log.</param>
public sealed record HistoryEntry(int Number, HistoryEntryKind Kind, DateTimeOffset Time)
{
    /// <summary>The partition; null if it is about none, or if that is not known yet.</summary>
    public TopicPartition? Partition { get; init; }

    /// <summary>The record's offset, or the number that <see cref="Kind"/> speaks of; null for none.</summary>
    public long? Offset { get; init; }

    /// <summary>The consumer's group; null for none.</summary>
    public string? Group { get; init; }

    /// <summary>The consumer; null for none.</summary>
    public string? Member { get; init; }

    /// <summary>The record's key as text; null for none.</summary>
    public string? Key { get; init; }

    /// <summary>The record's value, or what a sink has taken; null for none.</summary>
    public object? Value { get; init; }

    /// <summary>More, for people; null for none.</summary>
    public string? Detail { get; init; }

    /// <summary>
    /// The number of what led to it: the send of an acknowledgement, the hand-out of an effect; 0 for none.
    /// </summary>
    internal int Cause { get; init; }

    /// <summary>One line: <c>#12 00:00:01.250 Effect orders-0@3 key-1 = Order 7 by member-1 of billing</c>.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"#{Number} {Time:HH:mm:ss.fff} {Kind}");
        if (Partition is { } partition)
        {
            text.Append(CultureInfo.InvariantCulture, $" {partition}");
            text.Append(Offset is null ? "" : string.Create(CultureInfo.InvariantCulture, $"@{Offset}"));
        }
        else if (Offset is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $" {Offset}");
        }

        text.Append(Key is null ? "" : $" {Key}");
        text.Append(Value is null ? "" : $" = {RecordText.Of(Value)}");
        text.Append(Member is null ? "" : $" by {Member}");
        text.Append(Group is null ? "" : $" of {Group}");
        text.Append(Detail is null ? "" : $" ({Detail})");
        return text.ToString();
    }
}

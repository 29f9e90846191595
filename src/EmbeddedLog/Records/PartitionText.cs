using System.Globalization;

namespace EmbeddedLog.Records;

/// <summary>Partitions as messages name them: together by topic, and not more than people read.</summary>
internal static class PartitionText
{
    /// <summary>How many numbers or topics are named one by one.</summary>
    private const int MaxNamed = 20;

    /// <summary>As <c>partitions 0 to 3 of topic 'orders' and partition 2 of topic 'payments'</c>.</summary>
    public static string Of(IEnumerable<TopicPartition> partitions)
    {
        string[] topics =
        [
            .. from partition in partitions
               group partition.Partition by partition.Topic into topic
               select $"{Numbers(topic)} of topic '{topic.Key}'",
        ];
        return topics.Length <= MaxNamed
            ? List(topics)
            : List([.. topics.Take(MaxNamed), $"others of {topics.Length - MaxNamed} topics"]);
    }

    /// <summary>As <c>partition 2</c>, <c>partitions 0 to 3</c> or <c>partitions 0, 2 and 5</c>.</summary>
    public static string Numbers(IEnumerable<int> numbers)
    {
        int[] sorted = [.. numbers.Order()];
        string[] named =
        [
            .. sorted.Take(MaxNamed).Select(number => number.ToString(CultureInfo.InvariantCulture)),
        ];
        return sorted.Length == 1 ? $"partition {named[0]}"
            : sorted.Length > 2 && sorted[^1] - sorted[0] == sorted.Length - 1 ?
                string.Create(CultureInfo.InvariantCulture, $"partitions {sorted[0]} to {sorted[^1]}")
            : sorted.Length > MaxNamed ? $"partitions {List([.. named, $"{sorted.Length - MaxNamed} others"])}"
            : $"partitions {List(named)}";
    }

    /// <summary>As <c>a, b and c</c>.</summary>
    public static string List(IReadOnlyList<string> parts) =>
        parts.Count < 2 ? string.Concat(parts) : $"{string.Join(", ", parts.SkipLast(1))} and {parts[^1]}";
}

using System.Globalization;
using EmbeddedLog.Testing.Simulation;

namespace EmbeddedLog.Torture.Bitflip;

/// <summary>
/// Everything that can be read from a log: topics with their options, records, and the commits of groups.
/// </summary>
internal sealed class LogContents
{
    private readonly SortedDictionary<string, PartitionContents> _partitions = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _others = new(StringComparer.Ordinal);

    /// <summary>Reads a log; throws what reading throws.</summary>
    public static LogContents Read(SimulatedPlatform machine, CommitLog log, string group)
    {
        LogContents contents = new();
        foreach (Topic topic in log.Topics)
        {
            contents._others.Add($"topic {topic.Name}", Describe(topic));
            using Consumer<byte[]?, byte[]?> consumer = machine.Run(
                () => Task.FromResult(log.CreateConsumer<byte[]?, byte[]?>(topic.Name, group)));
            foreach (OwnedPartition partition in topic.Partitions)
            {
                contents._partitions.Add(partition.TopicPartition.ToString(), PartitionContents.Read(partition));
                CommittedOffset? committed = machine.Run(
                    () => consumer.GetCommittedAsync(partition.TopicPartition).AsTask());
                contents._others.Add($"commit of {partition.TopicPartition}", committed?.ToString() ?? "nothing");
            }
        }

        return contents;
    }

    /// <summary>The contents of a partition; null if there is no such partition.</summary>
    public PartitionContents? Of(TopicPartition partition) => _partitions.GetValueOrDefault(partition.ToString());

    /// <summary>The first difference, in words; null if there is none.</summary>
    public static string? Difference(LogContents expected, LogContents actual) =>
        Difference(expected._others, actual._others) ?? Difference(expected._partitions, actual._partitions);

    /// <summary>
    /// Whether only records at the ends of partitions are missing from this log, none of them proven; commits may be
    /// lower.
    /// </summary>
    public bool IsPrefixOf(LogContents whole, LogContents proven) =>
        _partitions.Keys.SequenceEqual(whole._partitions.Keys)
        && _partitions.All(entry => entry.Value.IsBetween(proven._partitions[entry.Key], whole._partitions[entry.Key]));

    private static string? Difference<T>(SortedDictionary<string, T> expected, SortedDictionary<string, T> actual)
        where T : notnull
    {
        foreach (string key in expected.Keys.Union(actual.Keys))
        {
            object had = expected.TryGetValue(key, out T? before) ? before : "nothing";
            object has = actual.TryGetValue(key, out T? after) ? after : "nothing";
            if (!had.Equals(has))
            {
                return $"{key}: expected {had}, found {has}";
            }
        }

        return null;
    }

    private static string Describe(Topic topic)
    {
        TopicOptions options = topic.Options;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{options.Partitions} {options.SegmentBytes} {options.SegmentAge} {options.MaxRecordBytes} "
            + $"{options.FlushInterval} {options.WriteMode} {options.TimestampType} {options.MaxTimestampAhead} "
            + $"{options.Retention}");
    }
}

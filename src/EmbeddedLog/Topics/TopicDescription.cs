namespace EmbeddedLog;

/// <summary>
/// A topic as of one moment, as <see cref="ILogReader.DescribeTopicAsync"/> gives it. Later changes of the topic do not
/// change it.
/// </summary>
public sealed class TopicDescription
{
    /// <summary>The topic's name.</summary>
    public required string Name { get; init; }

    /// <summary>A copy of the options that are in force.</summary>
    public required TopicOptions Options { get; init; }

    /// <summary>The partitions, by their numbers.</summary>
    public required IReadOnlyList<PartitionDescription> Partitions { get; init; }

    /// <summary>The bytes of all partitions: the sum of <see cref="PartitionDescription.SizeBytes"/>.</summary>
    public long SizeBytes => Partitions.Sum(partition => partition.SizeBytes);

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}

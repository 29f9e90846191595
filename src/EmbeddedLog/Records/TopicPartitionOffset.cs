namespace EmbeddedLog;

/// <summary>Names one position in one partition.</summary>
/// <param name="Topic">The topic's name.</param>
/// <param name="Partition">The partition's number, from zero.</param>
/// <param name="Offset">The offset, from zero. As a committed position: of the next record to read.</param>
public readonly record struct TopicPartitionOffset(string Topic, int Partition, long Offset)
{
    /// <summary>The partition without the offset.</summary>
    public TopicPartition TopicPartition => new(Topic, Partition);

    /// <summary>The customary form, <c>topic-3@42</c>.</summary>
    public override string ToString() => $"{Topic}-{Partition}@{Offset}";
}

namespace EmbeddedLog;

/// <summary>
/// Names one record: its partition and its own offset. What is committed when it is finished is a
/// <see cref="NextOffset"/>.
/// </summary>
/// <param name="Topic">The topic's name.</param>
/// <param name="Partition">The partition's number, from zero.</param>
/// <param name="Offset">The offset, from zero.</param>
public readonly record struct TopicPartitionOffset(string Topic, int Partition, long Offset)
{
    /// <summary>The partition without the offset.</summary>
    public TopicPartition TopicPartition => new(Topic, Partition);

    /// <summary>The customary form, <c>topic-3@42</c>.</summary>
    public override string ToString() => $"{Topic}-{Partition}@{Offset}";
}

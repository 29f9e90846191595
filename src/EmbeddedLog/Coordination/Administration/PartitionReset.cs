namespace EmbeddedLog;

/// <summary>One partition of a reset.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Before">What was committed; null for nothing.</param>
/// <param name="After">What is committed, or would be.</param>
public sealed record PartitionReset(TopicPartition Partition, long? Before, long After);

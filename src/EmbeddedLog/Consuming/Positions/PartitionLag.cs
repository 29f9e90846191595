namespace EmbeddedLog;

/// <summary>How far a consumer is behind in one partition; as the lag of Kafka's consumers.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Position">The first offset that is not finished.</param>
/// <param name="EndOffset">The offset of the next record to be appended.</param>
public readonly record struct PartitionLag(TopicPartition Partition, long Position, long EndOffset)
{
    /// <summary>
    /// The number of offsets that are not finished, never negative. It equals the number of records, unless retention
    /// or a salvage has removed unread ones: those count too.
    /// </summary>
    public long Records => Math.Max(0, EndOffset - Position);

    /// <summary>The partition and the lag: <c>page-views-3: 42 behind</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{Partition}: {Records} behind");
}

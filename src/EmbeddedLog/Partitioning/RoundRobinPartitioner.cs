namespace EmbeddedLog.Partitioning;

/// <summary>One partition after the other, whatever the key; Kafka's <c>RoundRobinPartitioner</c>.</summary>
internal sealed class RoundRobinPartitioner : IPartitioner
{
    /// <summary>
    /// How many records have got a partition. Any sender adds to it, atomically and in no order with anything else. 64
    /// bits wide, because a wrap would break the turns unless the partition count is a power of two.
    /// </summary>
    private long _placed = -1;

    /// <inheritdoc/>
    public int Partition(in PartitionerContext context) =>
        (int)((ulong)Interlocked.Increment(ref _placed) % (uint)context.PartitionCount);
}

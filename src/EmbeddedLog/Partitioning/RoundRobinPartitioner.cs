namespace EmbeddedLog.Partitioning;

/// <summary>One partition after the other, whatever the key; Kafka's <c>RoundRobinPartitioner</c>.</summary>
internal sealed class RoundRobinPartitioner : IPartitioner
{
    /// <summary>
    /// How many records were placed. Any sender adds to it, atomically and in no order with anything else. 64 bits
    /// wide, for where it wraps the turns would break unless the partition count is a power of two.
    /// </summary>
    private long _placed = -1;

    /// <inheritdoc/>
    public int Partition(in PartitionerContext context) =>
        (int)((ulong)Interlocked.Increment(ref _placed) % (uint)context.PartitionCount);
}

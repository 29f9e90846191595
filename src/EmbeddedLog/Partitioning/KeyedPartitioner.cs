namespace EmbeddedLog.Partitioning;

/// <summary>Uses the key's hash if there is a key, and another partitioner if not.</summary>
/// <param name="unkeyed">Chooses for records without a key.</param>
internal sealed class KeyedPartitioner(IPartitioner unkeyed) : IPartitioner
{
    /// <inheritdoc/>
    public int Partition(in PartitionerContext context) =>
        context.HasKey ? Murmur2.Partition(context.Key, context.PartitionCount) : unkeyed.Partition(in context);
}

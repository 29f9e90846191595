namespace EmbeddedLog.Partitioning;

/// <summary>By the key's hash where there is a key, else as another partitioner says.</summary>
/// <param name="unkeyed">Places the records without a key.</param>
internal sealed class KeyedPartitioner(IPartitioner unkeyed) : IPartitioner
{
    /// <inheritdoc/>
    public int Partition(in PartitionerContext context) =>
        context.HasKey ? Murmur2.Partition(context.Key, context.PartitionCount) : unkeyed.Partition(in context);
}

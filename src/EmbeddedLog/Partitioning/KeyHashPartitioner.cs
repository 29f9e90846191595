namespace EmbeddedLog.Partitioning;

/// <summary>By the key's hash where there is a key, else as another partitioner says.</summary>
/// <param name="keyless">Places the records without a key.</param>
internal abstract class KeyHashPartitioner(IPartitioner keyless) : IPartitioner
{
    /// <inheritdoc/>
    public int Partition(in PartitionerContext context) =>
        context.HasKey ? Murmur2.Partition(context.Key, context.PartitionCount) : keyless.Partition(in context);
}

namespace EmbeddedLog;

/// <summary>Chooses the partition of a record that does not name one, as Kafka's <c>Partitioner</c>.</summary>
/// <remarks>
/// Called on the sender's thread, by many threads at once: an implementation must be thread-safe, should be fast, and
/// should not allocate. Records that must stay in order need the same key and a partitioner that depends on the key
/// alone. Ready-made ones: <see cref="Partitioners"/>.
/// </remarks>
public interface IPartitioner
{
    /// <summary>Chooses a partition.</summary>
    /// <param name="context">The record and the topic. Its spans are valid only during the call.</param>
    /// <returns>
    /// A number from zero to <see cref="PartitionerContext.PartitionCount"/> less one; anything else fails the send and
    /// nothing is appended.
    /// </returns>
    int Partition(in PartitionerContext context);
}

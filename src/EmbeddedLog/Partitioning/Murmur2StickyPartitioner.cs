namespace EmbeddedLog.Partitioning;

/// <summary>
/// Kafka's default: records with a key go by its hash, records without one to one partition for a while, then another.
/// </summary>
/// <param name="sticky">Places the records without a key.</param>
internal sealed class Murmur2StickyPartitioner(IPartitioner sticky) : KeyHashPartitioner(sticky);

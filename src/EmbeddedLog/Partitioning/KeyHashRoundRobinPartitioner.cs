namespace EmbeddedLog.Partitioning;

/// <summary>
/// What a topic uses unless told otherwise: records with a key go by its hash, records without one go round robin.
/// </summary>
internal sealed class KeyHashRoundRobinPartitioner() : KeyHashPartitioner(new RoundRobinPartitioner());

using EmbeddedLog.Partitioning;

namespace EmbeddedLog;

/// <summary>Ready-made partitioners. All are thread-safe and allocate nothing for a record.</summary>
/// <remarks>
/// Each call makes a new partitioner, because round robin and sticky keep their place: topics that share one would take
/// each other's turns. Share one between the producers of a topic (as <see cref="TopicOptions.Partitioner"/> does), not
/// between topics.
/// </remarks>
public static class Partitioners
{
    private const int DefaultBatchBytes = 16_384;

    /// <summary>
    /// The default of topics. The key's hash chooses the partition, as in Kafka's Java client:
    /// <c>toPositive(murmur2(key)) mod partitions</c>, seed 0x9747b28c (librdkafka's default hash differs). Records
    /// without a key go round robin, so that they spread evenly at any rate; Kafka's default is sticky, see
    /// <see cref="Murmur2Sticky"/>.
    /// </summary>
    public static IPartitioner Default() => new KeyHashRoundRobinPartitioner();

    /// <summary>
    /// Kafka's default: the key's hash as in <see cref="Default"/>; sticky without a key as in <see cref="Sticky"/>.
    /// </summary>
    /// <param name="batchBytes">The bytes after which another partition is chosen, at least 1; Kafka's
    /// <c>batch.size</c>. Default: 16,384.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="batchBytes"/> is below 1.</exception>
    public static IPartitioner Murmur2Sticky(int batchBytes = DefaultBatchBytes) =>
        new Murmur2StickyPartitioner(Sticky(batchBytes));

    /// <summary>One partition after the other, whatever the key; Kafka's <c>RoundRobinPartitioner</c>.</summary>
    public static IPartitioner RoundRobin() => new RoundRobinPartitioner();

    /// <summary>
    /// Whatever the key, one partition at random until about <paramref name="batchBytes"/> went there, then another;
    /// Kafka's default with <c>partitioner.ignore.keys</c>. Fewer, larger batches for each partition, evenly spread in
    /// the long run.
    /// </summary>
    /// <param name="batchBytes">The bytes after which another partition is chosen, at least 1; Kafka's
    /// <c>batch.size</c>. Default: 16,384.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="batchBytes"/> is below 1.</exception>
    public static IPartitioner Sticky(int batchBytes = DefaultBatchBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchBytes, 1);
        return new StickyPartitioner(batchBytes, (ulong)Random.Shared.NextInt64());
    }
}

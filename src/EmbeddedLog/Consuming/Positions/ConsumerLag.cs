using System.Collections;

namespace EmbeddedLog;

/// <summary>How far a consumer is behind: in each of its partitions, and in all of them. As of one moment.</summary>
public sealed class ConsumerLag : IReadOnlyList<PartitionLag>
{
    private readonly IReadOnlyList<PartitionLag> _partitions;

    /// <summary>Sums up the lag of partitions.</summary>
    /// <param name="partitions">One for each partition.</param>
    public ConsumerLag(IReadOnlyList<PartitionLag> partitions)
    {
        ArgumentNullException.ThrowIfNull(partitions);
        _partitions = partitions;
    }

    /// <summary>The number of offsets that are not finished, in all partitions in which it is known.</summary>
    public long Records => _partitions.Sum(partition => Math.Max(0, partition.Records));

    /// <summary>
    /// How long ago the oldest record that is not finished was made; zero if there is none, and null if none can be
    /// read.
    /// </summary>
    public TimeSpan? Time =>
        _partitions.Count == 0 ? TimeSpan.Zero : _partitions.Max(partition => partition.Time);

    /// <summary>Whether all is finished in all partitions. One whose lag is not known is behind.</summary>
    public bool IsZero => _partitions.All(partition => partition.Records == 0);

    /// <summary>The number of partitions.</summary>
    public int Count => _partitions.Count;

    /// <summary>The lag in one partition.</summary>
    /// <param name="index">Its place, from 0, in the order of <see cref="IConsumer.Assignment"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such place.</exception>
    public PartitionLag this[int index] => _partitions[index];

    /// <summary>The lag of the partitions, one by one.</summary>
    public IEnumerator<PartitionLag> GetEnumerator() => _partitions.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The lag in all partitions: <c>42 behind in 4 partitions</c>.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{Records} behind in {Count} {(Count == 1 ? "partition" : "partitions")}");
}

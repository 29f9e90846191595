using EmbeddedLog.Partitions.Reading;

namespace EmbeddedLog.Consuming.Positions;

/// <summary>Where the partitions end for a read to the end, as of its call. Immutable.</summary>
internal sealed class ReadEnds
{
    private readonly Dictionary<ReadablePartition, long> _ends = [];

    /// <summary>The ends of partitions as of now.</summary>
    /// <param name="partitions">The partitions.</param>
    /// <param name="level">Which records are read.</param>
    public ReadEnds(IEnumerable<ReadablePartition> partitions, Durability level)
    {
        foreach (ReadablePartition partition in partitions)
        {
            _ends[partition] = EndOf(partition, level);
        }
    }

    /// <summary>The end of a partition; zero for one that came later.</summary>
    public long Of(PartitionCursor cursor) => _ends.GetValueOrDefault(cursor.Log);

    /// <summary>
    /// No end where a partition fails to tell: that fails again when it is its turn to be read.
    /// </summary>
    private static long EndOf(ReadablePartition partition, Durability level)
    {
        try
        {
            return partition.EndAt(level);
        }
        catch (EmbeddedLogException)
        {
            return long.MaxValue;
        }
    }
}

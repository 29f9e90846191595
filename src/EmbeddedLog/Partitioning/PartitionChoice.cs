using System.Runtime.CompilerServices;

namespace EmbeddedLog.Partitioning;

/// <summary>
/// Chooses the partition of a record that names none. Where a key goes by its hash, no partitioner is asked for it:
/// that would cost a call of an interface for each record.
/// </summary>
/// <param name="topic">The topic's name.</param>
/// <param name="partitioner">What is asked otherwise.</param>
internal readonly struct PartitionChoice(string topic, IPartitioner partitioner)
{
    private readonly bool _goesByHash = partitioner is KeyHashPartitioner;

    /// <summary>The partition.</summary>
    /// <param name="key">The serialized key; empty if there is none.</param>
    /// <param name="hasKey">Whether there is one.</param>
    /// <param name="recordBytes">The serialized size of key, value and headers.</param>
    /// <param name="partitionCount">How many partitions the topic has for this send.</param>
    /// <exception cref="InvalidOperationException">The partitioner chose one that does not exist.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Of(ReadOnlySpan<byte> key, bool hasKey, long recordBytes, int partitionCount) =>
        hasKey && _goesByHash
            ? Murmur2.Partition(key, partitionCount)
            : Ask(key, hasKey, recordBytes, partitionCount);

    private int Ask(ReadOnlySpan<byte> key, bool hasKey, long recordBytes, int partitionCount)
    {
        int bytes = (int)Math.Min(recordBytes, int.MaxValue);
        int chosen = partitioner.Partition(new PartitionerContext(topic, partitionCount, key, hasKey, bytes));
        return (uint)chosen < (uint)partitionCount ? chosen : throw NoneSuch(chosen, partitionCount);
    }

    private InvalidOperationException NoneSuch(int partition, int partitionCount) =>
        new(
            $"The partitioner {partitioner.GetType()} chose partition {partition} of topic '{topic}', which has only 0 "
            + $"to {partitionCount - 1}. Nothing was appended. Correct the partitioner, or name the partition in the "
            + "record.");
}

using System.Buffers;
using EmbeddedLog.Partitioning;

namespace EmbeddedLog.Topics;

/// <summary>Finds the partition that a topic's partitioner gives a key, without a record.</summary>
internal static class KeyPlacement
{
    /// <summary>The partition of a key that is bytes.</summary>
    /// <exception cref="InvalidOperationException">The partitioner does not go by the key.</exception>
    public static int Find(string topic, int partitionCount, IPartitioner partitioner, ReadOnlySpan<byte> key)
    {
        string? keyless = partitioner switch
        {
            RoundRobinPartitioner => nameof(Partitioners.RoundRobin),
            StickyPartitioner => nameof(Partitioners.Sticky),
            _ => null,
        };
        if (keyless is not null)
        {
            throw new InvalidOperationException(
                $"Records of topic '{topic}' do not go by their keys: its partitioner is Partitioners.{keyless}(), so "
                + $"that a key may be in any of the partitions 0 to {partitionCount - 1}. Name the partition in the "
                + "records, or give the topic Partitioners.Default().");
        }

        int chosen = partitioner.Partition(
            new PartitionerContext(topic, partitionCount, key, hasKey: true, recordBytes: key.Length));
        return (uint)chosen < (uint)partitionCount
            ? chosen
            : throw new InvalidOperationException(
                $"The partitioner {partitioner.GetType()} chose partition {chosen} of topic '{topic}', which has only "
                + $"0 to {partitionCount - 1}. Correct the partitioner.");
    }

    /// <summary>The bytes of a key, as a producer would send it.</summary>
    /// <exception cref="ArgumentNullException">There is no key.</exception>
    /// <exception cref="RecordSerializationException">The serializer threw.</exception>
    public static ReadOnlySpan<byte> Serialize<TKey>(string topic, TKey key, ISerializer<TKey> keys)
    {
        if (key is null)
        {
            throw new ArgumentNullException(
                nameof(key),
                $"Records of topic '{topic}' that have no key are spread over its partitions. Ask with a key.");
        }

        ArrayBufferWriter<byte> bytes = new();
        try
        {
            keys.Serialize(key, bytes, new SerializationContext(topic, IsKey: true, Headers: null));
        }
        catch (Exception failure) when (failure is not RecordTooLargeException)
        {
            throw RecordSerializationException.Create(topic, isKey: true, typeof(TKey), failure);
        }

        return bytes.WrittenSpan;
    }
}

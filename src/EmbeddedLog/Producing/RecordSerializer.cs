using EmbeddedLog.Serialization;
using EmbeddedLog.Storage;

namespace EmbeddedLog.Producing;

/// <summary>Turns a user's records into bytes and finds their partition. Has no state of its own.</summary>
/// <typeparam name="TKey">The key's type.</typeparam>
/// <typeparam name="TValue">The value's type.</typeparam>
/// <param name="topic">The topic's name.</param>
/// <param name="partitionCount">How many partitions it has.</param>
/// <param name="keys">Serializes keys.</param>
/// <param name="values">Serializes values.</param>
/// <param name="partitioner">Chooses the partition where the record does not name one.</param>
internal sealed class RecordSerializer<TKey, TValue>(
    string topic,
    int partitionCount,
    ISerializer<TKey> keys,
    ISerializer<TValue> values,
    IPartitioner partitioner)
{
    /// <summary>Serializes a record into a buffer that is empty, and chooses its partition.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It names a partition that does not exist.</exception>
    /// <exception cref="RecordSerializationException">A serializer threw.</exception>
    /// <exception cref="RecordTooLargeException">It is larger than any segment.</exception>
    /// <exception cref="InvalidOperationException">The partitioner chose one that does not exist.</exception>
    public EncodedRecord Encode(scoped in ProducerRecord<TKey, TValue> record, SendBuffer buffer)
    {
        if (record.Partition is { } named && (uint)named >= (uint)partitionCount)
        {
            throw NoSuchPartition(named, nameof(record));
        }

        bool hasKey = record.HasKey;
        bool isTombstone = record.IsTombstone;
        if (hasKey)
        {
            Serialize(keys, record.Key, buffer, new SerializationContext(topic, IsKey: true, record.Headers));
        }

        // Bytes that are the value already go to the log without a copy between.
        int keyLength = buffer.Length;
        ReadOnlySpan<byte> asIs = default;
        bool isAsIs = !isTombstone && BytesSerde.TryGetBytes(values, record.Value, out asIs);
        if (!isTombstone && !isAsIs)
        {
            Serialize(values, record.Value, buffer, new SerializationContext(topic, IsKey: false, record.Headers));
        }

        // The spans are taken last, for the buffer's memory moves as it grows.
        RawRecord raw = new()
        {
            Key = buffer.Written(0, keyLength),
            HasKey = hasKey,
            Value = isAsIs ? asIs : buffer.Written(keyLength, buffer.Length),
            IsTombstone = isTombstone,
            Timestamp = record.Timestamp is { } time ? time.ToUnixTimeMilliseconds() : RawRecord.NoTimestamp,
            Headers = record.Headers is { } headers ? headers.AsSpan() : default,
        };
        RecordSize size = RecordSize.Of(raw);
        return new EncodedRecord(record.Partition ?? Choose(raw, size), raw, size);
    }

    private static void Serialize<T>(
        ISerializer<T> serializer, T value, SendBuffer buffer, in SerializationContext context)
    {
        try
        {
            serializer.Serialize(value, buffer, in context);
        }
        catch (Exception failure) when (failure is not RecordTooLargeException)
        {
            throw RecordSerializationException.Create(context.Topic, context.IsKey, typeof(T), failure);
        }
    }

    private int Choose(in RawRecord raw, RecordSize size)
    {
        int bytes = (int)Math.Min(size.ContentBytes, int.MaxValue);
        int chosen = partitioner.Partition(
            new PartitionerContext(topic, partitionCount, raw.Key, raw.HasKey, bytes));
        return (uint)chosen < (uint)partitionCount ? chosen : throw BadChoice(chosen);
    }

    private ArgumentOutOfRangeException NoSuchPartition(int partition, string parameter) =>
        new(
            parameter,
            partition,
            $"Topic '{topic}' has no partition {partition}, only 0 to {partitionCount - 1}. Nothing was appended. Name "
            + "one of these, or none to leave it to the partitioner.");

    private InvalidOperationException BadChoice(int partition) =>
        new(
            $"The partitioner {partitioner.GetType()} chose partition {partition} of topic '{topic}', which has only 0 "
            + $"to {partitionCount - 1}. Nothing was appended. Correct the partitioner, or name the partition in the "
            + "record.");
}

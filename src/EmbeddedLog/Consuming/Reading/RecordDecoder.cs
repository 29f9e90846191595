using EmbeddedLog.Serialization.Primitives;

namespace EmbeddedLog.Consuming.Reading;

/// <summary>Deserializes records of the log into a consumer's types, always as copies.</summary>
/// <param name="keys">Reads keys.</param>
/// <param name="values">Reads values.</param>
internal sealed class RecordDecoder<TKey, TValue>(IDeserializer<TKey> keys, IDeserializer<TValue> values)
{
    /// <summary>Reads one record.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="epoch">The assignment under which it is read.</param>
    /// <param name="record">The record as stored.</param>
    /// <exception cref="RecordDeserializationException">It cannot be read as these types.</exception>
    public Record<TKey, TValue> Decode(in TopicPartition partition, int epoch, scoped in RecordView record)
    {
        HeadersView block = record.Headers;
        Headers? headers = block.IsEmpty ? null : block.ToHeaders();
        return new Record<TKey, TValue>(
            partition.Topic,
            partition.Partition,
            record.Offset,
            record.Timestamp,
            DecodeKey(partition, record, headers),
            record.HasKey,
            DecodeValue(partition, record, headers),
            record.IsTombstone,
            headers,
            epoch);
    }

    /// <summary>
    /// What stands for a record that cannot be read: all but its key and its value. It is handed to no handler.
    /// </summary>
    public static Record<TKey, TValue> Unread(
        in TopicPartition partition, int epoch, scoped in RecordView record, Headers headers) =>
        new(
            partition.Topic,
            partition.Partition,
            record.Offset,
            record.Timestamp,
            default!,
            record.HasKey,
            default!,
            record.IsTombstone,
            headers,
            epoch);

    private TKey DecodeKey(in TopicPartition partition, scoped in RecordView record, Headers? headers)
    {
        if (!record.HasKey)
        {
            return NullValue<TKey>.IsAllowed
                ? default!
                : throw NullFault<TKey>(partition, record, isKey: true, headers);
        }

        try
        {
            return keys.Deserialize(record.Key, new SerializationContext(partition.Topic, IsKey: true, headers));
        }
        catch (Exception cause)
        {
            throw Fault<TKey>(partition, record, isKey: true, cause, headers);
        }
    }

    private TValue DecodeValue(in TopicPartition partition, scoped in RecordView record, Headers? headers)
    {
        if (record.IsTombstone)
        {
            return NullValue<TValue>.IsAllowed
                ? default!
                : throw NullFault<TValue>(partition, record, isKey: false, headers);
        }

        try
        {
            return values.Deserialize(record.Value, new SerializationContext(partition.Topic, IsKey: false, headers));
        }
        catch (Exception cause)
        {
            throw Fault<TValue>(partition, record, isKey: false, cause, headers);
        }
    }

    private static RecordDeserializationException Fault<T>(
        in TopicPartition partition, scoped in RecordView record, bool isKey, Exception cause, Headers? headers) =>
        RecordDeserializationException.Create(
            new TopicPartitionOffset(partition.Topic, partition.Partition, record.Offset),
            isKey,
            typeof(T),
            cause,
            RawKey(record),
            RawValue(record),
            headers ?? Headers.Empty);

    private static RecordDeserializationException NullFault<T>(
        in TopicPartition partition, scoped in RecordView record, bool isKey, Headers? headers) =>
        RecordDeserializationException.CreateForNull(
            new TopicPartitionOffset(partition.Topic, partition.Partition, record.Offset),
            isKey,
            typeof(T),
            RawKey(record),
            RawValue(record),
            headers ?? Headers.Empty);

    private static ReadOnlyMemory<byte>? RawKey(scoped in RecordView record) =>
        record.HasKey ? (ReadOnlyMemory<byte>?)record.Key.ToArray() : null;

    private static ReadOnlyMemory<byte>? RawValue(scoped in RecordView record) =>
        record.IsTombstone ? null : (ReadOnlyMemory<byte>?)record.Value.ToArray();
}

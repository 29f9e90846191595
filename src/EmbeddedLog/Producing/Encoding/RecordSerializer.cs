using System.Runtime.CompilerServices;
using EmbeddedLog.Partitioning;
using EmbeddedLog.Partitions.Appending;
using EmbeddedLog.Serialization.Primitives;

namespace EmbeddedLog.Producing.Encoding;

/// <summary>Turns a user's records into bytes and finds their partition. Has no state of its own.</summary>
/// <typeparam name="TKey">The key's type.</typeparam>
/// <typeparam name="TValue">The value's type.</typeparam>
/// <param name="topic">The topic's name.</param>
/// <param name="keys">Serializes keys.</param>
/// <param name="values">Serializes values.</param>
/// <param name="partitioner">Chooses the partition where the record does not name one.</param>
internal sealed class RecordSerializer<TKey, TValue>(
    string topic,
    ISerializer<TKey> keys,
    ISerializer<TValue> values,
    IPartitioner partitioner)
{
    /// <summary>Whether keys are text, and the built-in serializer writes them.</summary>
    private readonly bool _keysAreText = ReferenceEquals(keys, Utf8Serde.Instance);

    /// <summary>Whether keys are bytes already.</summary>
    private readonly bool _keysAreBytes = BytesSerde.IsIdentity(keys);

    /// <summary>Whether values are bytes already.</summary>
    private readonly bool _valuesAreBytes = BytesSerde.IsIdentity(values);

    private readonly PartitionChoice _choice = new(topic, partitioner);

    /// <summary>
    /// Encodes a record that needs neither a serializer nor a buffer: its key is a short text in ASCII, bytes or
    /// missing, its value bytes or missing. False for any other.
    /// </summary>
    /// <param name="record">The record.</param>
    /// <param name="partitionCount">How many partitions the topic has for this send.</param>
    /// <param name="room">Where the bytes of a text go.</param>
    /// <param name="encoded">The record as bytes; its spans are those of the record, and of the room.</param>
    /// <exception cref="ArgumentOutOfRangeException">It names a partition that does not exist.</exception>
    /// <exception cref="InvalidOperationException">The partitioner chose one that does not exist.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryEncode(
        scoped in ProducerRecord<TKey, TValue> record,
        int partitionCount,
        ref ShortKey room,
        out EncodedRecord encoded)
    {
        bool hasKey = record.HasKey;
        bool isTombstone = record.IsTombstone;
        if (TryGetKey(record, hasKey, ref room, out ReadOnlySpan<byte> key)
            && TryGetValue(record, isTombstone, out ReadOnlySpan<byte> value))
        {
            ThrowIfNoSuchPartition(record, partitionCount);
            Place(record, partitionCount, key, hasKey, value, isTombstone, out encoded);
            return true;
        }

        encoded = default;
        return false;
    }

    /// <summary>Serializes a record into a buffer that is empty, and chooses its partition.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It names a partition that does not exist.</exception>
    /// <exception cref="RecordSerializationException">A serializer threw.</exception>
    /// <exception cref="RecordTooLargeException">It is larger than any segment.</exception>
    /// <exception cref="InvalidOperationException">The partitioner chose one that does not exist.</exception>
    public EncodedRecord Encode(
        scoped in ProducerRecord<TKey, TValue> record, int partitionCount, SendBuffer buffer)
    {
        ThrowIfNoSuchPartition(record, partitionCount);
        bool hasKey = record.HasKey;
        if (hasKey)
        {
            Serialize(keys, record.Key, buffer, new SerializationContext(topic, IsKey: true, record.Headers));
        }

        // Bytes that are the value already go to the log without a copy between.
        int keyLength = buffer.Length;
        bool isTombstone = record.IsTombstone;
        if (!TryGetValue(record, isTombstone, out ReadOnlySpan<byte> asIs))
        {
            Serialize(values, record.Value, buffer, new SerializationContext(topic, IsKey: false, record.Headers));
        }

        // The spans are taken last, for the buffer's memory moves as it grows.
        ReadOnlySpan<byte> value = buffer.Length > keyLength ? buffer.Written(keyLength, buffer.Length) : asIs;
        ReadOnlySpan<byte> key = buffer.Written(0, keyLength);
        Place(record, partitionCount, key, hasKey, value, isTombstone, out EncodedRecord encoded);
        return encoded;
    }

    /// <summary>The key's bytes where they are there already or quickly made, none where there is no key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryGetKey(
        scoped in ProducerRecord<TKey, TValue> record, bool hasKey, ref ShortKey room, out ReadOnlySpan<byte> key)
    {
        if (!hasKey)
        {
            key = default;
            return true;
        }

        if (_keysAreText && record.Key is string text && ShortKey.TryEncode(text, ref room))
        {
            key = room[..text.Length];
            return true;
        }

        if (_keysAreBytes)
        {
            key = Unsafe.As<byte[]>(record.Key);
            return true;
        }

        key = default;
        return false;
    }

    /// <summary>The value's bytes where they are there already, none where there is no value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryGetValue(
        scoped in ProducerRecord<TKey, TValue> record, bool isTombstone, out ReadOnlySpan<byte> value)
    {
        if (isTombstone)
        {
            value = default;
            return true;
        }

        if (_valuesAreBytes)
        {
            value = Unsafe.As<byte[]>(record.Value);
            return true;
        }

        value = default;
        return false;
    }

    private static void Serialize<T>(
        ISerializer<T> serializer, T value, SendBuffer buffer, in SerializationContext context)
    {
        try
        {
            serializer.Serialize(value, buffer, in context);
        }
        catch (RecordTooLargeException failure) when (failure.Topic is null)
        {
            // The buffer serves all topics, so it does not know this one.
            throw new RecordTooLargeException($"Topic '{context.Topic}': {failure.Message}", failure.InnerException)
            {
                Topic = context.Topic,
            };
        }
        catch (Exception failure) when (failure is not RecordTooLargeException)
        {
            throw RecordSerializationException.Create(context.Topic, context.IsKey, typeof(T), failure);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Place(
        scoped in ProducerRecord<TKey, TValue> record,
        int partitionCount,
        ReadOnlySpan<byte> key,
        bool hasKey,
        ReadOnlySpan<byte> value,
        bool isTombstone,
        out EncodedRecord encoded)
    {
        RawRecord raw = new()
        {
            Key = key,
            HasKey = hasKey,
            Value = value,
            IsTombstone = isTombstone,
            Timestamp = record.Timestamp is { } time ? time.ToUnixTimeMilliseconds() : RawRecord.NoTimestamp,
            Headers = record.Headers is { } headers ? headers.AsSpan() : default,
        };

        // Put down before the choice: kept in registers until after it, it would be spilled and copied.
        encoded = new EncodedRecord(raw, RecordSize.Of(raw));
        encoded.Partition = record.Partition ?? _choice.Of(key, hasKey, encoded.Size.ContentBytes, partitionCount);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void ThrowIfNoSuchPartition(scoped in ProducerRecord<TKey, TValue> record, int partitionCount)
    {
        if (record.Partition is { } named && (uint)named >= (uint)partitionCount)
        {
            throw NoSuchPartition(named, partitionCount, nameof(record));
        }
    }

    private ArgumentOutOfRangeException NoSuchPartition(int partition, int partitionCount, string parameter) =>
        new(
            parameter,
            partition,
            $"Topic '{topic}' has no partition {partition}, only 0 to {partitionCount - 1}. Nothing was appended. Name "
            + "one of these, or none to leave it to the partitioner.");
}

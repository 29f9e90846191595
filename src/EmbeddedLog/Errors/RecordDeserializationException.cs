using EmbeddedLog.Validation;

namespace EmbeddedLog;

/// <summary>
/// A record could not be read as the consumer's types. The position stays at the record: the next read goes on with the
/// other partitions, and tries this record again after a pause. The message names the call that skips it.
/// </summary>
public sealed class RecordDeserializationException : EmbeddedLogException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="innerException">The deserializer's exception, or null.</param>
    public RecordDeserializationException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>True if the key could not be deserialized, false for the value.</summary>
    public bool IsKey { get; init; }

    /// <summary>A copy of the key's bytes; null if the record has no key.</summary>
    public ReadOnlyMemory<byte>? RawKey { get; init; }

    /// <summary>A copy of the value's bytes; null if the record is a tombstone.</summary>
    public ReadOnlyMemory<byte>? RawValue { get; init; }

    /// <summary>The record's headers.</summary>
    public Headers Headers { get; init; } = Headers.Empty;

    /// <summary>The exception for a deserializer that threw.</summary>
    /// <param name="record">The record's position.</param>
    /// <param name="isKey">True for its key, false for its value.</param>
    /// <param name="type">The expected type.</param>
    /// <param name="cause">The deserializer's exception.</param>
    /// <param name="rawKey">A copy of the key, or null.</param>
    /// <param name="rawValue">A copy of the value, or null.</param>
    /// <param name="headers">The record's headers.</param>
    internal static RecordDeserializationException Create(
        TopicPartitionOffset record,
        bool isKey,
        Type type,
        Exception cause,
        ReadOnlyMemory<byte>? rawKey,
        ReadOnlyMemory<byte>? rawValue,
        Headers headers) =>
        Create(
            record,
            isKey,
            $"cannot be read as {TypeText.Of(type)}: {TextRules.AsSentence(cause)}",
            cause,
            rawKey,
            rawValue,
            headers);

    /// <summary>The exception for a missing key or value if the type does not admit null.</summary>
    /// <param name="record">The record's position.</param>
    /// <param name="isKey">True if its key is missing, false for its value.</param>
    /// <param name="type">The expected type.</param>
    /// <param name="rawKey">A copy of the key, or null.</param>
    /// <param name="rawValue">A copy of the value, or null.</param>
    /// <param name="headers">The record's headers.</param>
    internal static RecordDeserializationException CreateForNull(
        TopicPartitionOffset record,
        bool isKey,
        Type type,
        ReadOnlyMemory<byte>? rawKey,
        ReadOnlyMemory<byte>? rawValue,
        Headers headers) =>
        Create(
            record,
            isKey,
            $"is null, which {TypeText.Of(type)} does not admit. Read such topics with {TypeText.Of(type)}?.",
            cause: null,
            rawKey,
            rawValue,
            headers);

    private static RecordDeserializationException Create(
        TopicPartitionOffset record,
        bool isKey,
        string problem,
        Exception? cause,
        ReadOnlyMemory<byte>? rawKey,
        ReadOnlyMemory<byte>? rawValue,
        Headers headers)
    {
        string part = isKey ? "key" : "value";
        return new RecordDeserializationException(
            $"The {part} of record {record} {problem} The position stays at this record. To skip it: "
            + "consumer.Skip(exception), or "
            + $"consumer.Seek(new TopicPartitionOffset(\"{record.Topic}\", {record.Partition}, {record.Offset + 1}))",
            cause)
        {
            Topic = record.Topic,
            Partition = record.Partition,
            Offset = record.Offset,
            IsKey = isKey,
            RawKey = rawKey,
            RawValue = rawValue,
            Headers = headers,
        };
    }
}

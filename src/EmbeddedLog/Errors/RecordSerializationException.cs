using EmbeddedLog.Validation;

namespace EmbeddedLog;

/// <summary>
/// A serializer failed on the key or the value of a record. The record was not appended. The producer goes on with the
/// next record.
/// </summary>
public sealed class RecordSerializationException : EmbeddedLogException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="innerException">The serializer's exception.</param>
    public RecordSerializationException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>True if the key could not be serialized, false for the value.</summary>
    public bool IsKey { get; init; }

    /// <summary>The exception for a serializer that threw.</summary>
    internal static RecordSerializationException Create(string topic, bool isKey, Type type, Exception cause)
    {
        string part = isKey ? "key" : "value";
        return new RecordSerializationException(
            $"The {part} of a record for topic '{topic}' could not be serialized as {TypeText.Of(type)}: "
            + $"{TextRules.AsSentence(cause)} Nothing was appended. "
            + "Correct the data or the serializer, and send the record again.",
            cause)
        {
            Topic = topic,
            IsKey = isKey,
        };
    }
}

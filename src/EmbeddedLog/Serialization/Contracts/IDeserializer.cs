namespace EmbeddedLog;

/// <summary>Turns bytes into keys or values.</summary>
/// <typeparam name="T">What is deserialized.</typeparam>
/// <remarks>
/// Called on the reader's thread; one that several consumers share must be thread-safe. No key and no value are read as
/// null without asking. What an implementation throws reaches the reader as the inner exception of a
/// <see cref="RecordDeserializationException"/>.
/// </remarks>
public interface IDeserializer<out T>
{
    /// <summary>Reads one key or value.</summary>
    /// <param name="data">Its bytes, valid only during the call: what is kept must be copied.</param>
    /// <param name="context">Which topic, key or value, and the record's headers.</param>
    T Deserialize(ReadOnlySpan<byte> data, in SerializationContext context);
}

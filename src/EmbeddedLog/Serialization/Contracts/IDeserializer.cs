namespace EmbeddedLog;

/// <summary>Turns bytes into keys or values.</summary>
/// <typeparam name="T">The deserialized type.</typeparam>
/// <remarks>
/// Called on the reader's thread; an implementation that several consumers share must be thread-safe. It is not called
/// for a missing key or value, which is read as null. Its exceptions reach the reader as the inner exception of a
/// <see cref="RecordDeserializationException"/>.
/// </remarks>
public interface IDeserializer<out T>
{
    /// <summary>Reads one key or value.</summary>
    /// <param name="data">Its bytes, valid only during the call: copy them to keep them.</param>
    /// <param name="context">The topic, key or value, and the record's headers.</param>
    T Deserialize(ReadOnlySpan<byte> data, in SerializationContext context);
}

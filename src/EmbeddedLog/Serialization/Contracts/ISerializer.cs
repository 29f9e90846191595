using System.Buffers;

namespace EmbeddedLog;

/// <summary>Turns keys or values into bytes.</summary>
/// <typeparam name="T">The serialized type.</typeparam>
/// <remarks>
/// Called on the sender's thread, by many threads at once: an implementation must be thread-safe. The same key must
/// always give the same bytes, because other bytes may lead to another partition. It is not called for null: a null key
/// is no key and a null value is a tombstone. An exception fails this one send, and nothing is appended.
/// </remarks>
public interface ISerializer<in T>
{
    /// <summary>Writes the bytes of one key or value.</summary>
    /// <param name="value">The key or value; never null.</param>
    /// <param name="destination">The buffer to write to. It must not be kept.</param>
    /// <param name="context">The topic, key or value, and the record's headers.</param>
    void Serialize(T value, IBufferWriter<byte> destination, in SerializationContext context);
}

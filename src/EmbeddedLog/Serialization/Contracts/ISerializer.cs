using System.Buffers;

namespace EmbeddedLog;

/// <summary>Turns keys or values into bytes.</summary>
/// <typeparam name="T">What is serialized.</typeparam>
/// <remarks>
/// Called on the sender's thread, by many at once: an implementation must be thread-safe. The same key must always give
/// the same bytes, or records of one key end up in different partitions. Null never arrives here: a null key is no key
/// and a null value is a tombstone. What an implementation throws fails that one send, with nothing appended.
/// </remarks>
public interface ISerializer<in T>
{
    /// <summary>Writes the bytes of one key or value.</summary>
    /// <param name="value">What to serialize; never null.</param>
    /// <param name="destination">Where to write. It must not be kept.</param>
    /// <param name="context">Which topic, key or value, and the record's headers.</param>
    void Serialize(T value, IBufferWriter<byte> destination, in SerializationContext context);
}

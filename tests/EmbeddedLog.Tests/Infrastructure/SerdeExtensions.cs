using System.Buffers;

namespace EmbeddedLog.Tests.Infrastructure;

/// <summary>Serializing to and from arrays.</summary>
internal static class SerdeExtensions
{
    private static readonly SerializationContext s_context = new("topic", IsKey: false);

    /// <summary>The bytes of a value.</summary>
    public static byte[] ToBytes<T>(this ISerializer<T> serializer, T value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        serializer.Serialize(value, buffer, in s_context);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The value of the bytes.</summary>
    public static T FromBytes<T>(this IDeserializer<T> deserializer, params byte[] data) =>
        deserializer.Deserialize(data, in s_context);

    /// <summary>What comes back of a value that went through bytes.</summary>
    public static T RoundTrip<T>(this ISerde<T> serde, T value) => serde.FromBytes(serde.ToBytes(value));
}

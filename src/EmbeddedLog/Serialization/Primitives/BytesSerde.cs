using System.Buffers;

namespace EmbeddedLog.Serialization.Primitives;

/// <summary>Bytes as they are, as Kafka's <c>ByteArraySerializer</c>.</summary>
internal sealed class BytesSerde : ISerde<byte[]>, ISerde<ReadOnlyMemory<byte>>, ISerde<Memory<byte>>
{
    /// <summary>The only instance: there is no state.</summary>
    public static readonly BytesSerde Instance = new();

    private BytesSerde()
    {
    }

    /// <summary>Whether a serializer writes an array as its bytes.</summary>
    public static bool IsIdentity<T>(ISerializer<T> serializer) =>
        typeof(T) == typeof(byte[]) && ReferenceEquals(serializer, Instance);

    /// <inheritdoc/>
    public void Serialize(byte[] value, IBufferWriter<byte> destination, in SerializationContext context) =>
        destination.Write(value);

    /// <inheritdoc/>
    public void Serialize(
        ReadOnlyMemory<byte> value, IBufferWriter<byte> destination, in SerializationContext context) =>
        destination.Write(value.Span);

    /// <inheritdoc/>
    public void Serialize(Memory<byte> value, IBufferWriter<byte> destination, in SerializationContext context) =>
        destination.Write(value.Span);

    /// <inheritdoc/>
    byte[] IDeserializer<byte[]>.Deserialize(ReadOnlySpan<byte> data, in SerializationContext context) =>
        data.ToArray();

    /// <inheritdoc/>
    ReadOnlyMemory<byte> IDeserializer<ReadOnlyMemory<byte>>.Deserialize(
        ReadOnlySpan<byte> data, in SerializationContext context) =>
        data.ToArray();

    /// <inheritdoc/>
    Memory<byte> IDeserializer<Memory<byte>>.Deserialize(
        ReadOnlySpan<byte> data, in SerializationContext context) =>
        data.ToArray();
}

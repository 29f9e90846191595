using System.Buffers;

namespace EmbeddedLog.Serialization.Primitives;

/// <summary>A nullable struct, in the form of the struct; not called for null.</summary>
/// <typeparam name="T">The struct.</typeparam>
/// <param name="inner">Its serializer.</param>
internal sealed class NullableSerde<T>(ISerde<T> inner) : ISerde<T?>
    where T : struct
{
    /// <inheritdoc/>
    public void Serialize(T? value, IBufferWriter<byte> destination, in SerializationContext context) =>
        inner.Serialize(value!.Value, destination, in context);

    /// <inheritdoc/>
    public T? Deserialize(ReadOnlySpan<byte> data, in SerializationContext context) =>
        inner.Deserialize(data, in context);
}

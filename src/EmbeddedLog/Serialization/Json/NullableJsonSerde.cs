using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace EmbeddedLog.Serialization.Json;

/// <summary>
/// A nullable struct, if a context has only the struct itself. The struct is boxed: to call the typed serializer, its
/// type would have to be made at run time, which ahead-of-time compilation does not allow.
/// </summary>
/// <typeparam name="T">The nullable struct.</typeparam>
/// <param name="underlying">The JSON metadata of the struct.</param>
internal sealed class NullableJsonSerde<T>(JsonTypeInfo underlying) : ISerde<T>
{
    private readonly JsonWriterOptions _writing = JsonWriterCache.OptionsFor(underlying.Options);
    private readonly JsonMembers? _members = JsonMembers.Of(underlying);

    /// <inheritdoc/>
    public void Serialize(T value, IBufferWriter<byte> destination, in SerializationContext context)
    {
        Utf8JsonWriter writer = JsonWriterCache.Rent(in _writing, destination);
        try
        {
            JsonSerializer.Serialize(writer, (object?)value, underlying);
            writer.Flush();
        }
        finally
        {
            JsonWriterCache.Return(writer);
        }
    }

    /// <inheritdoc/>
    public T Deserialize(ReadOnlySpan<byte> data, in SerializationContext context)
    {
        _members?.ThrowIfNoneIsKnown(data);
        return (T)JsonSerializer.Deserialize(data, underlying)!;
    }
}

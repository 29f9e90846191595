using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace EmbeddedLog.Serialization.Json;

/// <summary>A value as JSON in UTF-8, without a string in between.</summary>
/// <typeparam name="T">The value's type.</typeparam>
/// <param name="type">The JSON metadata of the type.</param>
internal sealed class JsonSerde<T>(JsonTypeInfo<T> type) : ISerde<T>
{
    private readonly JsonWriterOptions _writing = JsonWriterCache.OptionsFor(type.Options);
    private readonly JsonMembers? _members = JsonMembers.Of(type);

    /// <inheritdoc/>
    public void Serialize(T value, IBufferWriter<byte> destination, in SerializationContext context)
    {
        Utf8JsonWriter writer = JsonWriterCache.Rent(in _writing, destination);
        try
        {
            JsonSerializer.Serialize(writer, value, type);
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
        return JsonSerializer.Deserialize(data, type)!;
    }
}

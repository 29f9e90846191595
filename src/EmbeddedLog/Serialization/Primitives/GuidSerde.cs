using System.Buffers;

namespace EmbeddedLog.Serialization.Primitives;

/// <summary>
/// 16 bytes in the order of RFC 9562, the order in which the text form is read. Kafka's <c>UUIDSerializer</c> stores
/// the text itself.
/// </summary>
internal sealed class GuidSerde : ISerde<Guid>
{
    /// <summary>The only instance: there is no state.</summary>
    public static readonly GuidSerde Instance = new();

    private const int GuidBytes = 16;

    private GuidSerde()
    {
    }

    /// <inheritdoc/>
    public void Serialize(Guid value, IBufferWriter<byte> destination, in SerializationContext context)
    {
        // The buffer has room, so nothing can be cut off.
        _ = value.TryWriteBytes(destination.GetSpan(GuidBytes), bigEndian: true, out int written);
        destination.Advance(written);
    }

    /// <inheritdoc/>
    public Guid Deserialize(ReadOnlySpan<byte> data, in SerializationContext context)
    {
        DataLength.ThrowIfNot<Guid>(GuidBytes, data);
        return new Guid(data, bigEndian: true);
    }
}

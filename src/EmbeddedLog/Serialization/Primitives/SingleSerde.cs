using System.Buffers;
using System.Buffers.Binary;

namespace EmbeddedLog.Serialization.Primitives;

/// <summary>A 32-bit floating point number, its bits big-endian, as Kafka's <c>FloatSerializer</c>.</summary>
internal sealed class SingleSerde : ISerde<float>
{
    /// <summary>The only instance: there is no state.</summary>
    public static readonly SingleSerde Instance = new();

    private SingleSerde()
    {
    }

    /// <inheritdoc/>
    public void Serialize(float value, IBufferWriter<byte> destination, in SerializationContext context)
    {
        BinaryPrimitives.WriteSingleBigEndian(destination.GetSpan(sizeof(float)), value);
        destination.Advance(sizeof(float));
    }

    /// <inheritdoc/>
    public float Deserialize(ReadOnlySpan<byte> data, in SerializationContext context)
    {
        DataLength.ThrowIfNot<float>(sizeof(float), data);
        return BinaryPrimitives.ReadSingleBigEndian(data);
    }
}

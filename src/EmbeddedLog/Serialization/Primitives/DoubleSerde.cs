using System.Buffers;
using System.Buffers.Binary;

namespace EmbeddedLog.Serialization.Primitives;

/// <summary>A 64-bit floating point number, its bits big-endian, as Kafka's <c>DoubleSerializer</c>.</summary>
internal sealed class DoubleSerde : ISerde<double>
{
    /// <summary>The only instance: there is no state.</summary>
    public static readonly DoubleSerde Instance = new();

    private DoubleSerde()
    {
    }

    /// <inheritdoc/>
    public void Serialize(double value, IBufferWriter<byte> destination, in SerializationContext context)
    {
        BinaryPrimitives.WriteDoubleBigEndian(destination.GetSpan(sizeof(double)), value);
        destination.Advance(sizeof(double));
    }

    /// <inheritdoc/>
    public double Deserialize(ReadOnlySpan<byte> data, in SerializationContext context)
    {
        DataLength.ThrowIfNot<double>(sizeof(double), data);
        return BinaryPrimitives.ReadDoubleBigEndian(data);
    }
}

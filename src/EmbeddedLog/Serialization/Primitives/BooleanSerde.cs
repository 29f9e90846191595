using System.Buffers;

namespace EmbeddedLog.Serialization.Primitives;

/// <summary>One byte, 1 or 0, as Kafka's <c>BooleanSerializer</c>.</summary>
internal sealed class BooleanSerde : ISerde<bool>
{
    /// <summary>The only instance: there is no state.</summary>
    public static readonly BooleanSerde Instance = new();

    private BooleanSerde()
    {
    }

    /// <inheritdoc/>
    public void Serialize(bool value, IBufferWriter<byte> destination, in SerializationContext context)
    {
        destination.GetSpan(1)[0] = value ? (byte)1 : (byte)0;
        destination.Advance(1);
    }

    /// <inheritdoc/>
    public bool Deserialize(ReadOnlySpan<byte> data, in SerializationContext context)
    {
        DataLength.ThrowIfNot<bool>(1, data);
        return data[0] switch
        {
            0 => false,
            1 => true,
            var other => throw new InvalidDataException(
                $"Boolean is a byte of 0 or 1, but the data are 0x{other:X2}. "
                + "Read the topic with the type with which it was written."),
        };
    }
}

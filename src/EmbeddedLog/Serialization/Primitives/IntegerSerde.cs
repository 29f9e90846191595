using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace EmbeddedLog.Serialization.Primitives;

/// <summary>An integer in its full width, big-endian, as Kafka's <c>IntegerSerializer</c> and the like.</summary>
/// <typeparam name="T">The integer's type.</typeparam>
internal sealed class IntegerSerde<T> : ISerde<T>
    where T : unmanaged, IBinaryInteger<T>
{
    /// <summary>The only instance: there is no state.</summary>
    public static readonly IntegerSerde<T> Instance = new();

    /// <summary>With a sign, all bits set are minus one.</summary>
    private static readonly bool s_unsigned = !T.IsNegative(~T.Zero);

    private IntegerSerde()
    {
    }

    /// <inheritdoc/>
    public void Serialize(T value, IBufferWriter<byte> destination, in SerializationContext context)
    {
        // There is always room. WriteBigEndian is a default member of the interface, and would box the integer.
        value.TryWriteBigEndian(destination.GetSpan(Unsafe.SizeOf<T>()), out int written);
        destination.Advance(written);
    }

    /// <inheritdoc/>
    public T Deserialize(ReadOnlySpan<byte> data, in SerializationContext context)
    {
        DataLength.ThrowIfNot<T>(Unsafe.SizeOf<T>(), data);
        return T.ReadBigEndian(data, s_unsigned);
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EmbeddedLog.Serialization.Json;
using EmbeddedLog.Serialization.Primitives;
using EmbeddedLog.Validation;

namespace EmbeddedLog;

/// <summary>
/// Ready-made serializers; all are thread-safe. Producers and consumers find them by the types of keys and values. All
/// other types use JSON, see <see cref="CommitLogOptions.JsonContexts"/>.
/// </summary>
/// <remarks>
/// Numbers are big-endian in their full width, byte for byte as Kafka's own serializers. Reading data of another length
/// than the type's, or text that is not UTF-8, throws <see cref="InvalidDataException"/>; JSON that does not fit throws
/// <see cref="JsonException"/>. The consumer passes both on in a <see cref="RecordDeserializationException"/>.
/// </remarks>
[SuppressMessage("Naming", "CA1720", Justification = "They are named for the types that they serialize.")]
public static class Serdes
{
    /// <summary>Bytes as they are. When read, an array of its own.</summary>
    public static ISerde<byte[]> Bytes => BytesSerde.Instance;

    /// <summary>Bytes as they are. When read, an array of its own.</summary>
    public static ISerde<ReadOnlyMemory<byte>> ReadOnlyMemory => BytesSerde.Instance;

    /// <summary>Bytes as they are. When read, an array of its own.</summary>
    public static ISerde<Memory<byte>> Memory => BytesSerde.Instance;

    /// <summary>
    /// Text as UTF-8. Text with half a surrogate pair is refused with <see cref="ArgumentException"/>.
    /// </summary>
    public static ISerde<string> Utf8 => Utf8Serde.Instance;

    /// <summary>One byte, 1 or 0.</summary>
    public static ISerde<bool> Boolean => BooleanSerde.Instance;

    /// <summary>One byte.</summary>
    public static ISerde<byte> Byte => IntegerSerde<byte>.Instance;

    /// <summary>One byte, two's complement.</summary>
    public static ISerde<sbyte> SByte => IntegerSerde<sbyte>.Instance;

    /// <summary>2 bytes, big-endian.</summary>
    public static ISerde<short> Int16 => IntegerSerde<short>.Instance;

    /// <summary>2 bytes, big-endian.</summary>
    public static ISerde<ushort> UInt16 => IntegerSerde<ushort>.Instance;

    /// <summary>4 bytes, big-endian.</summary>
    public static ISerde<int> Int32 => IntegerSerde<int>.Instance;

    /// <summary>4 bytes, big-endian.</summary>
    public static ISerde<uint> UInt32 => IntegerSerde<uint>.Instance;

    /// <summary>8 bytes, big-endian.</summary>
    public static ISerde<long> Int64 => IntegerSerde<long>.Instance;

    /// <summary>8 bytes, big-endian.</summary>
    public static ISerde<ulong> UInt64 => IntegerSerde<ulong>.Instance;

    /// <summary>4 bytes, the IEEE 754 bits big-endian.</summary>
    public static ISerde<float> Single => SingleSerde.Instance;

    /// <summary>8 bytes, the IEEE 754 bits big-endian.</summary>
    public static ISerde<double> Double => DoubleSerde.Instance;

    /// <summary>
    /// 16 bytes in the order of RFC 9562, which is also the order of the text form. Kafka's <c>UUIDSerializer</c>
    /// stores the 36 characters instead.
    /// </summary>
    public static ISerde<Guid> Guid => GuidSerde.Instance;

    /// <summary>
    /// A nullable struct: null is no key or a tombstone, all other values have the struct's own form.
    /// </summary>
    /// <typeparam name="T">The struct.</typeparam>
    /// <param name="serde">The struct's serializer.</param>
    /// <exception cref="ArgumentNullException"><paramref name="serde"/> is null.</exception>
    public static ISerde<T?> Nullable<T>(ISerde<T> serde)
        where T : struct
    {
        ArgumentNullException.ThrowIfNull(serde);
        return new NullableSerde<T>(serde);
    }

    /// <summary>
    /// JSON in UTF-8. A key must always give the same text: the order of a dictionary's entries, for example, is not
    /// fixed.
    /// </summary>
    /// <typeparam name="T">The value's type.</typeparam>
    /// <param name="type">The JSON metadata of the type: a property of a source-generated context.</param>
    /// <exception cref="ArgumentNullException"><paramref name="type"/> is null.</exception>
    /// <exception cref="ArgumentException">
    /// Values of the type would not be read back as they were written; the message says what is lost.
    /// </exception>
    public static ISerde<T> Json<T>(JsonTypeInfo<T> type)
    {
        ArgumentNullException.ThrowIfNull(type);
        if (JsonContract.Fault<T>(type) is { } fault)
        {
            throw new ArgumentException(
                $"{TypeText.Of(typeof(T))} does not come back from JSON as it went in: {fault}", nameof(type));
        }

        return new JsonSerde<T>(type);
    }
}

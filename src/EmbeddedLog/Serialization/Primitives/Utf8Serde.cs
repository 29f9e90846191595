using System.Buffers;
using System.Text;
using System.Text.Unicode;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Serialization.Primitives;

/// <summary>
/// Text as UTF-8, as Kafka's <c>StringSerializer</c>. Text that would not be read back unchanged is refused.
/// </summary>
internal sealed class Utf8Serde : ISerde<string>
{
    /// <summary>The only instance: there is no state.</summary>
    public static readonly Utf8Serde Instance = new();

    /// <summary>Up to so many characters, the buffer for the longest encoding is cheaper than counting bytes.</summary>
    private const int ShortChars = 256;

    private Utf8Serde()
    {
    }

    /// <inheritdoc/>
    public void Serialize(string value, IBufferWriter<byte> destination, in SerializationContext context)
    {
        int bytes = value.Length <= ShortChars ? value.Length * 3 : Encoding.UTF8.GetByteCount(value);
        Span<byte> span = destination.GetSpan(bytes);
        OperationStatus status = Utf8.FromUtf16(
            value, span, out int read, out int written, replaceInvalidSequences: false);
        if (status != OperationStatus.Done)
        {
            throw NotWellFormed(value, read);
        }

        destination.Advance(written);
    }

    /// <inheritdoc/>
    public string Deserialize(ReadOnlySpan<byte> data, in SerializationContext context) => TextRules.FromUtf8(data);

    private static ArgumentException NotWellFormed(string value, int index) =>
        new(
            $"The text holds half a surrogate pair, U+{(int)value[index]:X4}, at index {index}, "
            + "which has no UTF-8 form: remove it, or send the data as bytes.");
}

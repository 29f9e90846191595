using System.Text;

namespace EmbeddedLog.Format.Frames;

/// <summary>
/// The headers of one record, one after the other: key length, key in UTF-8, value length plus one (zero for a null
/// value), value. The lengths are varints.
/// </summary>
internal static unsafe class RecordHeaders
{
    /// <summary>The bytes that one header takes.</summary>
    public static long Measure(string key, int valueLength)
    {
        int keyLength = Encoding.UTF8.GetByteCount(key);
        return Varint.Measure((ulong)keyLength) + (long)keyLength
            + Varint.Measure((ulong)(valueLength + 1)) + Math.Max(valueLength, 0);
    }

    /// <summary>Writes one header; returns the place of the next.</summary>
    public static byte* Write(byte* at, string key, ReadOnlySpan<byte> value, bool hasValue)
    {
        int keyLength = Encoding.UTF8.GetByteCount(key);
        at = RecordBody.WriteVarint(at, (ulong)keyLength);
        Encoding.UTF8.GetBytes(key, new Span<byte>(at, keyLength));
        at = RecordBody.WriteVarint(at + keyLength, hasValue ? (ulong)value.Length + 1 : 0);
        value.CopyTo(new Span<byte>(at, value.Length));
        return at + value.Length;
    }

    /// <summary>
    /// Reads the header at the beginning of the block and moves on; false if the block is empty or malformed.
    /// </summary>
    /// <param name="block">The rest of the block; moved to the next header.</param>
    /// <param name="key">The key in UTF-8.</param>
    /// <param name="value">The value, empty if it is null.</param>
    /// <param name="hasValue">Whether the value is not null.</param>
    public static bool TryReadNext(
        scoped ref ReadOnlySpan<byte> block,
        out ReadOnlySpan<byte> key,
        out ReadOnlySpan<byte> value,
        out bool hasValue)
    {
        key = value = default;
        hasValue = false;
        if (!Varint.TryRead(block, out uint keyLength, out int read) || keyLength > (uint)(block.Length - read))
        {
            return false;
        }

        key = block.Slice(read, (int)keyLength);
        ReadOnlySpan<byte> rest = block[(read + (int)keyLength)..];
        if (!Varint.TryRead(rest, out uint valueLengthPlusOne, out read)
            || (long)valueLengthPlusOne - 1 > rest.Length - read)
        {
            return false;
        }

        hasValue = valueLengthPlusOne != 0;
        int valueLength = hasValue ? (int)valueLengthPlusOne - 1 : 0;
        value = rest.Slice(read, valueLength);
        block = rest[(read + valueLength)..];
        return true;
    }
}

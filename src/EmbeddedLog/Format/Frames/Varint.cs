using System.Numerics;

namespace EmbeddedLog.Format.Frames;

/// <summary>
/// Unsigned LEB128: seven bits a byte, lowest first, the top bit set on every byte but the last. Each value has exactly
/// one encoding, the shortest; any other is refused, so that equal records have equal bytes.
/// </summary>
internal static class Varint
{
    /// <summary>The longest encoding of a 32-bit value.</summary>
    public const int MaxBytes32 = 5;

    /// <summary>The longest encoding of a 64-bit value.</summary>
    public const int MaxBytes64 = 10;

    /// <summary>The number of bytes that <see cref="Write"/> takes for <paramref name="value"/>, 1 to 10.</summary>
    public static int Measure(ulong value) => (BitOperations.Log2(value | 1) + 7) / 7;

    /// <summary>Encodes <paramref name="value"/> and returns the number of bytes written.</summary>
    /// <exception cref="IndexOutOfRangeException">The destination is shorter than <see cref="Measure"/>
    /// says.</exception>
    public static int Write(Span<byte> destination, ulong value)
    {
        int length = 0;
        while (value >= 0x80)
        {
            destination[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        destination[length++] = (byte)value;
        return length;
    }

    /// <summary>Decodes a 64-bit value; false if it is cut short, not the shortest form, or above 64 bits.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out ulong value, out int length)
    {
        value = 0;
        length = 0;
        int limit = Math.Min(source.Length, MaxBytes64);
        for (int i = 0; i < limit; i++)
        {
            byte next = source[i];
            value |= (ulong)(next & 0x7F) << (7 * i);
            if (next < 0x80)
            {
                // A last byte of zero adds nothing, so a shorter form exists; the tenth has room for one bit only.
                bool shortest = next != 0 || i == 0;
                bool fits = i < MaxBytes64 - 1 || next == 1;
                if (!shortest || !fits)
                {
                    break;
                }

                length = i + 1;
                return true;
            }
        }

        value = 0;
        return false;
    }

    /// <summary>Decodes a 32-bit value; false if it is cut short, not the shortest form, or above 32 bits.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out uint value, out int length)
    {
        if (TryRead(source, out ulong wide, out length) && wide <= uint.MaxValue)
        {
            value = (uint)wide;
            return true;
        }

        value = 0;
        length = 0;
        return false;
    }

    /// <summary>
    /// Maps small magnitudes of either sign to small unsigned values: 0, -1, 1, -2 become 0, 1, 2, 3.
    /// </summary>
    public static ulong ZigZag(long value) => (ulong)((value << 1) ^ (value >> 63));

    /// <summary>The inverse of <see cref="ZigZag"/>.</summary>
    public static long UnZigZag(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);
}

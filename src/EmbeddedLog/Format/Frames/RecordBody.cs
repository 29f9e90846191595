using System.Runtime.CompilerServices;

namespace EmbeddedLog.Format.Frames;

/// <summary>
/// The part of a record that single frames and batches share: key, headers, value. In a single frame the value reaches
/// to the frame's end and has no length of its own.
/// </summary>
internal static unsafe class RecordBody
{
    /// <summary>The bytes that key and headers take.</summary>
    /// <param name="keyLength">The key's length, or -1 for no key.</param>
    /// <param name="headersLength">From <see cref="RecordHeaders"/>, zero for none.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long MeasureKeyAndHeaders(int keyLength, int headersLength)
    {
        long bytes = keyLength < 0
            ? 1
            : (long)keyLength + (keyLength < 0x7F ? 1 : Varint.Measure((ulong)keyLength + 1));
        return headersLength == 0 ? bytes : bytes + Varint.Measure((ulong)headersLength) + headersLength;
    }

    /// <summary>
    /// Writes the key and the length of the headers; returns the place of the headers, or of the value if there are
    /// none.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* WriteKeyAndHeadersLength(byte* at, ReadOnlySpan<byte> key, bool hasKey, int headersLength)
    {
        at = WriteVarint(at, hasKey ? (ulong)key.Length + 1 : 0);
        key.CopyTo(new Span<byte>(at, key.Length));
        at += key.Length;
        return headersLength == 0 ? at : WriteVarint(at, (ulong)headersLength);
    }

    /// <summary>Writes a varint; the caller has checked that there is room.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* WriteVarint(byte* at, ulong value)
    {
        if (value < 0x80)
        {
            *at = (byte)value;
            return at + 1;
        }

        return at + Varint.Write(new Span<byte>(at, Varint.MaxBytes64), value);
    }

    /// <summary>
    /// Finds key and headers of a record; <paramref name="at"/> is then the value's first byte. False if a length does
    /// not fit, which with a valid CRC means forged.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryReadKeyAndHeaders(ref byte* at, byte* end, FrameFlags flags, ref RecordFields record)
    {
        if (!TryReadLength(ref at, end, out int keyLengthPlusOne) || keyLengthPlusOne - 1 > end - at)
        {
            return false;
        }

        record.Key = at;
        record.KeyLength = keyLengthPlusOne - 1;
        at += Math.Max(record.KeyLength, 0);
        record.HeadersLength = 0;
        record.Headers = at;
        if ((flags & FrameFlags.Headers) != 0)
        {
            if (!TryReadLength(ref at, end, out int headersLength) || headersLength > end - at)
            {
                return false;
            }

            record.Headers = at;
            record.HeadersLength = headersLength;
            at += headersLength;
        }

        return true;
    }

    /// <summary>Reads a varint that must fit a non-negative <see cref="int"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryReadLength(ref byte* at, byte* end, out int value)
    {
        if (at < end && *at < 0x80)
        {
            value = *at++;
            return true;
        }

        // Works on a copy, so that the caller's variable can stay in a register.
        byte* rest = at;
        bool read = TryReadLongLength(ref rest, end, out int wide);
        at = rest;
        value = wide;
        return read;
    }

    private static bool TryReadLongLength(ref byte* at, byte* end, out int value)
    {
        bool read = Varint.TryRead(new ReadOnlySpan<byte>(at, (int)(end - at)), out uint wide, out int length);
        value = (int)wide;
        at += length;
        return read && wide <= int.MaxValue;
    }
}

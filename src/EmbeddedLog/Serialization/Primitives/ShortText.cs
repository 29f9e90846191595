using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace EmbeddedLog.Serialization.Primitives;

/// <summary>
/// Room on the stack for the bytes of a short text, as most keys are. Not cleared: what was not written is not read.
/// </summary>
[InlineArray(MaxBytes)]
internal struct ShortText
{
    /// <summary>Longer texts go through a buffer.</summary>
    public const int MaxBytes = 64;

    /// <summary>All but the low seven bits of each of four characters.</summary>
    private const ulong NotAscii = 0xFF80_FF80_FF80_FF80;

    private byte _first;

    /// <summary>Encodes a text as UTF-8 if it is short and has only ASCII characters.</summary>
    /// <param name="text">The text.</param>
    /// <param name="destination">Where the bytes go.</param>
    /// <returns>False where it is longer or has other characters.</returns>
    public static bool TryEncode(string text, ref ShortText destination)
    {
        int length = text.Length;
        if (length > MaxBytes)
        {
            return false;
        }

        ref ushort source = ref Unsafe.As<char, ushort>(ref MemoryMarshal.GetReference(text.AsSpan()));
        if (length >= Vector128<ushort>.Count)
        {
            return TryEncode(ref source, length, ref destination._first);
        }

        if (length < 4)
        {
            uint seen = 0;
            for (int i = 0; i < length; i++)
            {
                ushort one = Unsafe.Add(ref source, i);
                Unsafe.Add(ref destination._first, i) = (byte)one;
                seen |= one;
            }

            return seen < 0x80;
        }

        // Two reads that overlap and one store: who soon reads the bytes as words need not wait for several.
        int rest = length - 4;
        ulong head = Unsafe.ReadUnaligned<ulong>(ref Unsafe.As<ushort, byte>(ref source));
        ulong tail = Unsafe.ReadUnaligned<ulong>(ref Unsafe.As<ushort, byte>(ref Unsafe.Add(ref source, rest)));
        Vector128<ushort> both = Vector128.Create(head, tail).AsUInt16();
        ulong bytes = Vector128.Narrow(both, both).AsUInt64().ToScalar();
        Unsafe.WriteUnaligned(ref destination._first, (uint)bytes | ((bytes >> 32) << (8 * rest)));
        return ((head | tail) & NotAscii) == 0;
    }

    /// <summary>Eight characters at once, the last eight perhaps a second time.</summary>
    private static bool TryEncode(ref ushort source, int length, ref byte destination)
    {
        Vector128<ushort> seen = default;
        int last = length - Vector128<ushort>.Count;
        for (int i = 0; i < last; i += Vector128<ushort>.Count)
        {
            seen |= Narrow(ref Unsafe.Add(ref source, i), ref Unsafe.Add(ref destination, i));
        }

        seen |= Narrow(ref Unsafe.Add(ref source, last), ref Unsafe.Add(ref destination, last));
        return (seen & Vector128.Create(NotAscii).AsUInt16()) == default;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> Narrow(ref ushort source, ref byte destination)
    {
        Vector128<ushort> chars = Vector128.LoadUnsafe(ref source);
        Unsafe.WriteUnaligned(ref destination, Vector128.Narrow(chars, chars).AsUInt64().ToScalar());
        return chars;
    }
}

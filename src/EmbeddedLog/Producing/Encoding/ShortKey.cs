using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace EmbeddedLog.Producing.Encoding;

/// <summary>
/// Room on the stack for the bytes of a short key, as most keys are. Not cleared: what was not written is not read.
/// Without it each key goes through the thread's buffer and two calls of an interface; the comparison's workload
/// <c>append-typed</c> shows what that costs, and what <see cref="TryEncodeAsWord"/> saves.
/// </summary>
[InlineArray(MaxBytes)]
internal struct ShortKey
{
    /// <summary>Longer keys go through a buffer.</summary>
    public const int MaxBytes = 64;

    /// <summary>All but the low seven bits of each of four characters.</summary>
    private const ulong NotAscii = 0xFF80_FF80_FF80_FF80;

    private byte _first;

    /// <summary>Encodes a key as UTF-8 if it is short and has only ASCII characters.</summary>
    /// <param name="text">The key.</param>
    /// <param name="room">Where the bytes go: as many as characters.</param>
    /// <returns>False for any other key.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryEncode(string text, ref ShortKey room) =>
        text.Length is >= 4 and <= 8
            ? TryEncodeAsWord(text, ref room)
            : Ascii.FromUtf16(text, room, out _) == OperationStatus.Done;

    /// <summary>
    /// The same for four to eight characters: two reads that overlap, and one store. The hash and the copy read these
    /// bytes as words right after it, and would wait for several stores.
    /// </summary>
    private static bool TryEncodeAsWord(string text, ref ShortKey room)
    {
        ReadOnlySpan<byte> source = MemoryMarshal.AsBytes(text.AsSpan());
        int rest = text.Length - 4;
        ulong head = MemoryMarshal.Read<ulong>(source);
        ulong tail = MemoryMarshal.Read<ulong>(source[(2 * rest)..]);
        Vector128<ushort> both = Vector128.Create(head, tail).AsUInt16();
        ulong bytes = Vector128.Narrow(both, both).AsUInt64().ToScalar();
        Unsafe.WriteUnaligned(ref room._first, (uint)bytes | ((bytes >> 32) << (8 * rest)));
        return ((head | tail) & NotAscii) == 0;
    }
}

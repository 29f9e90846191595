using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace EmbeddedLog.Format.Checksums;

/// <summary>
/// Writes a sequence of bytes as whole words, and adds each word to a checksum on the way. A checksum over bytes that
/// were just copied would wait until the copy has reached the cache, because its words overlap two stored ones.
/// </summary>
/// <remarks>
/// The benchmark that justifies it is <c>append-raw</c> in benchmarks/EmbeddedLog.Comparison: with a copy and a
/// checksum over it a record of 100 bytes took a fifth longer.
/// </remarks>
internal unsafe ref struct ChecksummedWriter
{
    private byte* _at;
    private uint _crc;

    /// <summary>Bytes that do not fill a word yet, lowest first, zero above.</summary>
    private ulong _pending;

    /// <summary>How many bits of it are used, a multiple of eight below 64.</summary>
    private int _bits;

    /// <param name="at">Where the first byte goes, a multiple of eight.</param>
    /// <param name="crc">The register before it.</param>
    public ChecksummedWriter(byte* at, uint crc)
    {
        _at = at;
        _crc = crc;
    }

    /// <summary>Writes a varint.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteVarint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            WriteByte((byte)(value | 0x80));
        }

        WriteByte((byte)value);
    }

    /// <summary>Writes bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < sizeof(ulong))
        {
            if (!bytes.IsEmpty)
            {
                WriteShort(ReadShort(bytes), 8 * bytes.Length);
            }

            return;
        }

        ref byte source = ref MemoryMarshal.GetReference(bytes);
        byte* at = _at;
        uint crc = _crc;
        ulong pending = _pending;
        int bits = _bits;
        int done = 0;
        int wholeEnd = bytes.Length - sizeof(ulong);
        if (bits == 0)
        {
            for (; done <= wholeEnd; done += sizeof(ulong), at += sizeof(ulong))
            {
                ulong word = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref source, done));
                *(ulong*)at = word;
                crc = BitOperations.Crc32C(crc, word);
            }
        }
        else
        {
            for (; done <= wholeEnd; done += sizeof(ulong), at += sizeof(ulong))
            {
                ulong read = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref source, done));
                ulong word = pending | (read << bits);
                *(ulong*)at = word;
                crc = BitOperations.Crc32C(crc, word);
                pending = read >> (64 - bits);
            }
        }

        int left = 8 * (bytes.Length - done);
        if (left > 0)
        {
            // The last word of the source, without the bytes that were taken already.
            ulong read = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref source, wholeEnd)) >> (64 - left);
            pending |= read << bits;
            if (bits + left >= 64)
            {
                *(ulong*)at = pending;
                at += sizeof(ulong);
                crc = BitOperations.Crc32C(crc, pending);

                // Some bits were pending here, because fewer than 64 are left.
                pending = read >> (64 - bits);
                bits -= 64;
            }

            bits += left;
        }

        _at = at;
        _crc = crc;
        _pending = pending;
        _bits = bits;
    }

    /// <summary>
    /// Writes the pending bytes, padded with zeros to a whole word; returns the register behind them.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly uint Finish()
    {
        if (_bits == 0)
        {
            return _crc;
        }

        *(ulong*)_at = _pending;
        return BitOperations.Crc32C(_crc, _pending);
    }

    /// <summary>One to seven bytes as a word, zero above.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong ReadShort(ReadOnlySpan<byte> bytes)
    {
        // Overlapping reads agree in the bytes that they share, so that no byte needs a step of its own.
        ref byte first = ref MemoryMarshal.GetReference(bytes);
        int last = bytes.Length - 1;
        if (bytes.Length >= sizeof(uint))
        {
            int rest = bytes.Length - sizeof(uint);
            ulong behind = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref first, rest));
            return Unsafe.ReadUnaligned<uint>(ref first) | (behind << (8 * rest));
        }

        int middle = bytes.Length / 2;
        return first | ((uint)Unsafe.Add(ref first, middle) << (8 * middle))
            | ((uint)Unsafe.Add(ref first, last) << (8 * last));
    }

    /// <summary>Writes less than a word, the bits above it zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WriteShort(ulong word, int bits)
    {
        ulong pending = _pending | (word << _bits);
        int after = _bits + bits;
        if (after >= 64)
        {
            *(ulong*)_at = pending;
            _at += sizeof(ulong);
            _crc = BitOperations.Crc32C(_crc, pending);

            // Some bits were pending here, because fewer than 64 came.
            pending = word >> (64 - _bits);
            after -= 64;
        }

        _pending = pending;
        _bits = after;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WriteByte(byte value)
    {
        _pending |= (ulong)value << _bits;
        _bits += 8;
        if (_bits == 64)
        {
            *(ulong*)_at = _pending;
            _at += sizeof(ulong);
            _crc = BitOperations.Crc32C(_crc, _pending);
            _pending = 0;
            _bits = 0;
        }
    }
}

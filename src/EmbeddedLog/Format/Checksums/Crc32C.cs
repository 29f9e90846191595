using System.Buffers.Binary;
using System.Numerics;

namespace EmbeddedLog.Format.Checksums;

/// <summary>
/// CRC-32C (Castagnoli), the checksum of everything on disk. A computation starts from <see cref="Initial"/>, passes a
/// raw register through any number of <c>Append</c> calls, and ends with <see cref="Finish"/>, which gives the value to
/// store. Cutting the input into pieces does not change the result, and the integer overloads equal the same bytes
/// little-endian.
/// </summary>
internal static class Crc32C
{
    /// <summary>
    /// The register before the first byte. It is not zero, because leading zero bytes would not count then.
    /// </summary>
    public const uint Initial = 0xFFFF_FFFF;

    /// <summary>The value to store, from the register after the last byte.</summary>
    public static uint Finish(uint crc) => crc ^ 0xFFFF_FFFF;

    /// <summary>The stored value of one whole run of bytes.</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes) => Finish(Append(Initial, bytes));

    /// <summary>Advances the register over <paramref name="bytes"/>.</summary>
    public static unsafe uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= Crc32CStreams.MinBytes)
        {
            int count = bytes.Length & -sizeof(ulong);
            fixed (byte* first = bytes)
            {
                crc = Crc32CStreams.Append(crc, first, count);
            }

            bytes = bytes[count..];
        }

        // Eight bytes an instruction; the tail takes at most one step each of four, two and one.
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        if (bytes.Length >= sizeof(uint))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt32LittleEndian(bytes));
            bytes = bytes[sizeof(uint)..];
        }

        if (bytes.Length >= sizeof(ushort))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt16LittleEndian(bytes));
            bytes = bytes[sizeof(ushort)..];
        }

        return bytes.IsEmpty ? crc : BitOperations.Crc32C(crc, bytes[0]);
    }

    /// <summary>Advances the register over the eight bytes of <paramref name="value"/>, lowest first.</summary>
    public static uint Append(uint crc, ulong value) => BitOperations.Crc32C(crc, value);

    /// <summary>Advances the register over the four bytes of <paramref name="value"/>, lowest first.</summary>
    public static uint Append(uint crc, uint value) => BitOperations.Crc32C(crc, value);
}

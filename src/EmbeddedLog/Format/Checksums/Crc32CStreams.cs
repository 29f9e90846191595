using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Arm = System.Runtime.Intrinsics.Arm;

namespace EmbeddedLog.Format.Checksums;

/// <summary>
/// CRC-32C of many bytes. The instruction can begin every cycle and takes three cycles, so three parts of a block are
/// computed at once and combined: a carry-less multiplication with a power of x, modulo the polynomial, moves a
/// register over the bytes that follow. A processor without this multiplication computes one part after the other.
/// </summary>
/// <remarks>
/// The method is that of Intel's "Fast CRC Computation for iSCSI Polynomial Using CRC32 Instruction" (2011). The
/// checksum of the last eight bytes of a block adds the two products to the third register and reduces them. x64 and
/// arm64 have the same two instructions under other names.
/// </remarks>
internal static unsafe class Crc32CStreams
{
    /// <summary>The smallest count for which three parts are faster.</summary>
    public const int MinBytes = (3 * SmallPartBytes) + sizeof(ulong);

    private const int SmallPartBytes = 128;
    private const int LargePartBytes = 1024;

    // x to the power of 8 n - 33 modulo the polynomial, lowest power highest, for the n bytes behind the part.
    private const uint SmallFirst = 0xDCB1_7AA4;
    private const uint SmallSecond = 0x6992_CEA2;
    private const uint LargeFirst = 0xF750_6984;
    private const uint LargeSecond = 0xFE31_4258;

    /// <summary>Whether the processor has both instructions; constant in compiled code.</summary>
    public static bool IsSupported =>
        (Pclmulqdq.IsSupported && Sse42.X64.IsSupported)
        || (Arm.Aes.IsSupported && Arm.Crc32.Arm64.IsSupported);

    /// <summary>Advances the register over <paramref name="count"/> bytes, a multiple of eight.</summary>
    public static uint Append(uint crc, byte* at, long count)
    {
        byte* end = at + count;
        if (IsSupported)
        {
            while (end - at >= (3 * LargePartBytes) + sizeof(ulong))
            {
                crc = AppendBlock(crc, ref at, LargePartBytes, LargeFirst, LargeSecond);
            }

            while (end - at >= MinBytes)
            {
                crc = AppendBlock(crc, ref at, SmallPartBytes, SmallFirst, SmallSecond);
            }
        }

        for (; at < end; at += sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, *(ulong*)at);
        }

        return crc;
    }

    /// <summary>Three parts, and the eight bytes behind them.</summary>
    private static uint AppendBlock(uint crc, ref byte* at, int partBytes, uint firstPower, uint secondPower)
    {
        byte* first = at;
        byte* firstEnd = first + partBytes;
        ulong crc0 = crc;
        ulong crc1 = 0;
        ulong crc2 = 0;
        for (; first < firstEnd; first += sizeof(ulong))
        {
            crc0 = Step(crc0, *(ulong*)first);
            crc1 = Step(crc1, *(ulong*)(first + partBytes));
            crc2 = Step(crc2, *(ulong*)(first + (2 * partBytes)));
        }

        ulong carried = Multiply(crc0, firstPower) ^ Multiply(crc1, secondPower);
        byte* last = at + (3 * partBytes);
        at = last + sizeof(ulong);
        return (uint)Step(crc2, *(ulong*)last ^ carried);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Step(ulong crc, ulong bytes) =>
        Sse42.X64.IsSupported
            ? Sse42.X64.Crc32(crc, bytes)
            : Arm.Crc32.Arm64.ComputeCrc32C((uint)crc, bytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Multiply(ulong crc, uint power) =>
        Pclmulqdq.IsSupported
            ? Pclmulqdq.CarrylessMultiply(
                Vector128.CreateScalar(crc), Vector128.CreateScalar((ulong)power), 0).ToScalar()
            : Arm.Aes.PolynomialMultiplyWideningLower(
                Vector64.CreateScalar(crc), Vector64.CreateScalar((ulong)power)).ToScalar();
}

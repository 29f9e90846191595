using System.Numerics;

namespace EmbeddedLog.IO;

/// <summary>
/// The distance of the durable end behind a frame when it was appended, as a 16-bit float that is rounded up: 11 bits
/// of significand, 5 of exponent. Every frame proves that all records before its offset less this lag had been flushed.
/// That distinguishes damage from a torn tail. Rounding up makes the proof smaller, never larger.
/// </summary>
internal static class DurableLag
{
    /// <summary>The frame claims nothing.</summary>
    public const ushort None = ushort.MaxValue;

    private const int SignificandBits = 11;
    private const int MaxExponent = 30;

    /// <summary>Encodes a lag of zero or more offsets; one too large to encode becomes <see cref="None"/>.</summary>
    public static ushort Encode(long lag)
    {
        if (lag < 1 << SignificandBits)
        {
            return (ushort)lag;
        }

        int exponent = 64 - SignificandBits - BitOperations.LeadingZeroCount((ulong)lag);
        long significand = (lag + (1L << exponent) - 1) >> exponent;
        if (significand == 1 << SignificandBits)
        {
            significand >>= 1;
            exponent++;
        }

        return exponent > MaxExponent ? None : (ushort)((exponent << SignificandBits) | (int)significand);
    }

    /// <summary>Decodes a lag other than <see cref="None"/>.</summary>
    public static long Decode(ushort encoded) =>
        (long)(encoded & ((1 << SignificandBits) - 1)) << (encoded >> SignificandBits);
}

using System.Buffers.Binary;

namespace EmbeddedLog.Torture.Tail;

/// <summary>
/// Values that identify their record: every byte follows from seed, partition, offset and the life of the owner that
/// appended it. A reader can check a value without any other information.
/// </summary>
internal static class TailRecord
{
    /// <summary>The default limit of a record, which is that of Kafka.</summary>
    public const int MaxLargeBytes = 1_048_588;

    private const int HeadBytes = 24;
    private const int MaxFiller = 1500;

    /// <summary>The bytes that a follower reads at once after the published end.</summary>
    private const int TailStepBytes = 128 << 10;

    /// <summary>Whether the records of a seed are of every size up to the limit.</summary>
    public static bool IsLarge(int seed) => seed % 2 == 1;

    /// <summary>The value of a record.</summary>
    public static byte[] Make(int seed, int partition, long offset, int life)
    {
        ulong state = Mix(((ulong)(uint)seed << 32) ^ ((ulong)partition << 48) ^ ((ulong)life << 40) ^ (ulong)offset);
        byte[] value = new byte[HeadBytes + Filler(seed, state)];
        BinaryPrimitives.WriteInt64LittleEndian(value, offset);
        BinaryPrimitives.WriteInt32LittleEndian(value.AsSpan(8), partition);
        BinaryPrimitives.WriteInt32LittleEndian(value.AsSpan(12), life);
        BinaryPrimitives.WriteInt32LittleEndian(value.AsSpan(16), seed);
        for (int i = HeadBytes; i < value.Length; i++)
        {
            state = (i & 7) == 0 ? Mix(state) : state >> 8;
            value[i] = (byte)state;
        }

        return value;
    }

    /// <summary>The life that appended a record; throws if the value does not belong at its place.</summary>
    public static int Check(int seed, int partition, long offset, ReadOnlySpan<byte> value)
    {
        if (value.Length >= HeadBytes)
        {
            int life = BinaryPrimitives.ReadInt32LittleEndian(value[12..]);
            if (value.SequenceEqual(Make(seed, partition, offset, life)))
            {
                return life;
            }
        }

        throw new TailViolationException(
            $"partition {partition} has at offset {offset} a value that was not appended there: "
            + Convert.ToHexString(value[..Math.Min(value.Length, HeadBytes)]));
    }

    /// <summary>
    /// The length of a value without its head: among large records one in four ends near the step or has any size.
    /// </summary>
    private static int Filler(int seed, ulong state)
    {
        ulong length = state >> 16;
        return (int)(!IsLarge(seed) ? state % MaxFiller : (state & 15) switch
        {
            0 => length % (MaxLargeBytes - HeadBytes),
            1 => MaxLargeBytes - HeadBytes - 16 - (length % 16),
            2 or 3 => TailStepBytes - 100 + (length % 100),
            _ => state % MaxFiller,
        });
    }

    private static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}

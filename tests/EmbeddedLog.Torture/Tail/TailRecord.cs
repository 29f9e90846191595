using System.Buffers.Binary;

namespace EmbeddedLog.Torture.Tail;

/// <summary>
/// Values that say which record they are: every byte follows from seed, partition, offset and the life of the owner
/// that appended it, so that whoever reads one needs nobody to tell what it must be.
/// </summary>
internal static class TailRecord
{
    private const int HeadBytes = 24;
    private const int MaxFiller = 1500;

    /// <summary>The value of a record.</summary>
    public static byte[] Make(int seed, int partition, long offset, int life)
    {
        ulong state = Mix(((ulong)(uint)seed << 32) ^ ((ulong)partition << 48) ^ ((ulong)life << 40) ^ (ulong)offset);
        byte[] value = new byte[HeadBytes + (int)(state % MaxFiller)];
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

    /// <summary>The life that appended a record that was read; throws where it is not the one of its place.</summary>
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

    private static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}

using System.Buffers.Binary;
using EmbeddedLog.Torture.Load.Checking;

namespace EmbeddedLog.Torture.Unmap;

/// <summary>
/// Records whose whole content follows from partition and offset, so that any reader can check any of them.
/// </summary>
internal static class UnmapRecords
{
    private const int MinBytes = 16;
    private const int MaxMoreBytes = 900;

    /// <summary>The value of the record at an offset.</summary>
    public static byte[] ValueOf(int partition, long offset)
    {
        ulong state = Mix((ulong)offset ^ ((ulong)partition << 56));
        byte[] value = new byte[MinBytes + (int)(state % MaxMoreBytes)];
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        for (int at = 0; at < value.Length; at += sizeof(ulong))
        {
            state = Mix(state);
            BinaryPrimitives.WriteUInt64LittleEndian(word, state);
            word[..Math.Min(word.Length, value.Length - at)].CopyTo(value.AsSpan(at));
        }

        return value;
    }

    /// <exception cref="LoadViolationException">The value is not the one appended at the offset.</exception>
    public static void Check(int partition, long offset, ReadOnlySpan<byte> value, string reader)
    {
        if (!value.SequenceEqual(ValueOf(partition, offset)))
        {
            throw new LoadViolationException(
                $"The {reader} found something else at offset {offset} of partition {partition} than was appended.");
        }
    }

    /// <summary>The finalizer of splitmix64.</summary>
    private static ulong Mix(ulong z)
    {
        z += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}

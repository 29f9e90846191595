using System.Buffers.Binary;

namespace EmbeddedLog.Partitioning;

/// <summary>
/// The 32-bit MurmurHash2 of Kafka's Java client, with its seed and byte order, so that a key has the same partition in
/// both.
/// </summary>
internal static class Murmur2
{
    private const uint Seed = 0x9747b28c;
    private const uint Multiplier = 0x5bd1e995;
    private const int Shift = 24;

    /// <summary>The hash; Kafka's tests give it as a signed number.</summary>
    public static int Hash(ReadOnlySpan<byte> data)
    {
        uint hash = Seed ^ (uint)data.Length;
        while (data.Length >= sizeof(uint))
        {
            uint word = BinaryPrimitives.ReadUInt32LittleEndian(data);
            word *= Multiplier;
            word ^= word >> Shift;
            word *= Multiplier;
            hash *= Multiplier;
            hash ^= word;
            data = data[sizeof(uint)..];
        }

        if (!data.IsEmpty)
        {
            uint tail = data[0];
            tail |= data.Length > 1 ? (uint)data[1] << 8 : 0;
            tail |= data.Length > 2 ? (uint)data[2] << 16 : 0;
            hash ^= tail;
            hash *= Multiplier;
        }

        hash ^= hash >> 13;
        hash *= Multiplier;
        hash ^= hash >> 15;
        return (int)hash;
    }

    /// <summary>
    /// The partition of a key: Kafka's <c>toPositive</c>, which drops the sign bit, and the remainder. With one
    /// partition nothing is computed: the hash and the division are a sixth of a small append.
    /// </summary>
    public static int Partition(ReadOnlySpan<byte> key, int partitionCount) =>
        partitionCount == 1 ? 0 : (int)(((uint)Hash(key) & int.MaxValue) % (uint)partitionCount);
}

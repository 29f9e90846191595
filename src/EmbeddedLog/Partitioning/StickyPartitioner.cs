namespace EmbeddedLog.Partitioning;

/// <summary>
/// One partition at random until about so many bytes went there, then another at random, whatever the key: Kafka's
/// <c>BuiltInPartitioner</c> without its queue statistics.
/// </summary>
/// <param name="batchBytes">The bytes for one partition, at least 1.</param>
/// <param name="seed">Decides all choices, so that a simulation can repeat them.</param>
internal sealed class StickyPartitioner(int batchBytes, ulong seed) : IPartitioner
{
    /// <summary>
    /// The current partition plus one (zero: none yet) in the upper half, the bytes that went there in the lower. Any
    /// sender replaces it by compare and exchange: both halves change together or not at all.
    /// </summary>
    private ulong _current;

    /// <summary>The state of a SplitMix64 generator. Any sender adds to it, atomically.</summary>
    private ulong _random = seed;

    /// <inheritdoc/>
    public int Partition(in PartitionerContext context)
    {
        uint count = (uint)context.PartitionCount;
        ulong seen = Volatile.Read(ref _current);
        while (true)
        {
            uint partition = (uint)(seen >> 32);
            ulong bytes = (uint)seen;

            // The count is smaller than before if topics share the instance, or if partitions were just added and a
            // send has not seen it.
            if (partition == 0 || partition > count || bytes >= (uint)batchBytes)
            {
                partition = Next(partition, count);
                bytes = 0;
            }

            // Both terms are below 2^31, so the sum stays in the lower half.
            ulong next = ((ulong)partition << 32) | (bytes + (uint)context.RecordBytes);
            ulong found = Interlocked.CompareExchange(ref _current, next, seen);
            if (found == seen)
            {
                return (int)partition - 1;
            }

            seen = found;
        }
    }

    /// <summary>Another partition, plus one; any partition if there was none, the same if there is only one.</summary>
    private uint Next(uint current, uint count)
    {
        if (current == 0 || current > count)
        {
            return Draw(count) + 1;
        }

        return count == 1 ? 1 : ((current + Draw(count - 1)) % count) + 1;
    }

    /// <summary>A number below a bound; the multiplication spreads 32 random bits over it without a division.</summary>
    private uint Draw(uint bound)
    {
        ulong z = Interlocked.Add(ref _random, 0x9e3779b97f4a7c15);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        z ^= z >> 31;
        return (uint)(((z >> 32) * bound) >> 32);
    }
}

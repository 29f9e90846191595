namespace EmbeddedLog.Following;

/// <summary>
/// The offsets to which recoveries have taken a partition back, in order. One thread adds, under the partition's gate;
/// any thread reads.
/// </summary>
internal sealed class TruncationHistory
{
    /// <summary>Replaced as a whole.</summary>
    private long[] _offsets = [];

    /// <summary>How often that happened.</summary>
    public int Count => Volatile.Read(ref _offsets).Length;

    /// <summary>Adds an offset.</summary>
    public void Add(long offset) => Volatile.Write(ref _offsets, [.. _offsets, offset]);

    /// <summary>The lowest offset since that count; <see cref="long.MaxValue"/> if there are no more.</summary>
    public long LowestSince(int count)
    {
        long lowest = long.MaxValue;
        foreach (long offset in Volatile.Read(ref _offsets).AsSpan(count))
        {
            lowest = Math.Min(lowest, offset);
        }

        return lowest;
    }
}

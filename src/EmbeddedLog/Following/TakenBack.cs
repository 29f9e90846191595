namespace EmbeddedLog.Following;

/// <summary>
/// To which offsets a partition was taken back by recoveries, in order. One thread adds, under the partition's gate;
/// any thread reads.
/// </summary>
internal sealed class TakenBack
{
    /// <summary>Replaced as a whole.</summary>
    private long[] _offsets = [];

    /// <summary>How often it was.</summary>
    public int Count => Volatile.Read(ref _offsets).Length;

    /// <summary>Counts one more.</summary>
    public void Add(long offset) => Volatile.Write(ref _offsets, [.. _offsets, offset]);

    /// <summary>
    /// The lowest offset since there were so many; <see cref="long.MaxValue"/> where there are no more.
    /// </summary>
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

using EmbeddedLog.Partitions.State;
using EmbeddedLog.Segments.Writing;

namespace EmbeddedLog.Partitions.Appending;

/// <summary>
/// Whether a segment that has ended may wait for the next background flush. A flush takes memory's and the processors'
/// time from whoever appends, so that a bulk is taken in a third faster where it waits; but what is not flushed has to
/// be copied after a kill, and an ended segment keeps its descriptor until it is.
/// </summary>
internal static class RollRules
{
    /// <summary>As much may be unflushed in a partition: a copy of it takes an opening two seconds.</summary>
    public const long MaxUnflushedBytes = 1 << 30;

    /// <summary>With smaller segments a second of appends to many partitions would take too many descriptors.</summary>
    public const long MinSegmentBytes = 4 << 20;

    /// <summary>As many segments may be unflushed in a partition.</summary>
    public const int MaxUnflushedSegments = 16;

    /// <summary>The longest time that they may wait for.</summary>
    public static TimeSpan MaxInterval { get; } = TimeSpan.FromSeconds(1);

    /// <summary>Whether those that are not flushed, the one just ended among them, may wait.</summary>
    public static bool CanWaitForFlush(List<SegmentWriter> unflushed, PartitionSettings settings)
    {
        long bytes = 0;
        foreach (SegmentWriter writer in unflushed)
        {
            bytes += writer.Tail - writer.FlushedEnd;
        }

        return settings.FlushInterval <= MaxInterval
            && settings.SegmentBytes >= MinSegmentBytes
            && unflushed.Count < MaxUnflushedSegments
            && bytes < MaxUnflushedBytes;
    }
}

using EmbeddedLog.Partitions.State;
using EmbeddedLog.Segments.Writing;

namespace EmbeddedLog.Partitions.Appending;

/// <summary>
/// Whether a segment that has ended may wait for the next background flush. A flush takes the memory's and the
/// processors' time from appends, so a bulk is a third faster if it waits. But unflushed records must be copied after a
/// kill, and an ended segment keeps its descriptor until its flush.
/// </summary>
internal static class EndedSegmentFlushPolicy
{
    /// <summary>The most unflushed bytes of a partition: to copy so many takes an opening two seconds.</summary>
    public const long MaxUnflushedBytes = 1 << 30;

    /// <summary>With smaller segments a second of appends to many partitions would take too many descriptors.</summary>
    public const long MinSegmentBytes = 4 << 20;

    /// <summary>The most unflushed segments of a partition.</summary>
    public const int MaxUnflushedSegments = 16;

    /// <summary>The longest interval of the background flush that they may wait for.</summary>
    public static TimeSpan MaxInterval { get; } = TimeSpan.FromSeconds(1);

    /// <summary>Whether the unflushed segments, with the one just ended, may wait.</summary>
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

using EmbeddedLog.Format;

namespace EmbeddedLog.Storage;

/// <summary>Fills a sparse index as frames are appended or walked: one entry every few kilobytes.</summary>
internal sealed class SegmentIndexBuilder
{
    /// <summary>The distance between entries, as Kafka's <c>log.index.interval.bytes</c>.</summary>
    public const int IntervalBytes = 4096;

    private long _nextEntryPosition = SegmentHeader.PageBytes + IntervalBytes;

    /// <summary>The index so far.</summary>
    public SegmentIndex Index { get; } = new();

    /// <summary>The greatest timestamp so far; <see cref="long.MinValue"/> before the first frame.</summary>
    public long MaxTimestamp { get; private set; } = long.MinValue;

    /// <summary>Notes a frame before it is published.</summary>
    public void Note(uint offsetDelta, long position, long maxTimestamp)
    {
        if (position >= _nextEntryPosition)
        {
            Index.Add(offsetDelta, (uint)position, MaxTimestamp);
            _nextEntryPosition = position + IntervalBytes;
        }

        MaxTimestamp = Math.Max(MaxTimestamp, maxTimestamp);
    }

    /// <summary>
    /// Ends the index with an entry at the segment's end, which so carries the greatest timestamp of all.
    /// </summary>
    public void Finish(uint endOffsetDelta, long endPosition) =>
        Index.Add(endOffsetDelta, (uint)endPosition, MaxTimestamp);
}

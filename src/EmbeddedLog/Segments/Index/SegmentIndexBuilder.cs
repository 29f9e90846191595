using EmbeddedLog.Format.Segments;

namespace EmbeddedLog.Segments.Index;

/// <summary>Fills a sparse index as frames are appended or walked: one entry every few kilobytes.</summary>
internal sealed class SegmentIndexBuilder
{
    /// <summary>The distance between entries, as Kafka's <c>log.index.interval.bytes</c>.</summary>
    public const int IntervalBytes = 4096;

    private long _nextEntryPosition;

    /// <summary>See <see cref="MaxTimestamp"/>. Written by the thread that fills the index, read by anyone.</summary>
    private long _maxTimestamp = long.MinValue;

    public SegmentIndexBuilder()
        : this(new SegmentIndex())
    {
    }

    /// <summary>Begins an index of a new segment.</summary>
    /// <param name="index">Empty.</param>
    public SegmentIndexBuilder(SegmentIndex index)
    {
        Index = index;
        _nextEntryPosition = SegmentHeader.PageBytes + IntervalBytes;
    }

    /// <summary>Continues the index of a segment that ended at a position and is written to again.</summary>
    public SegmentIndexBuilder(SegmentIndex index, long endPosition)
    {
        Index = index;
        _maxTimestamp = index.Count == 0 ? long.MinValue : index.Entries[^1].MaxTimestampBefore;
        _nextEntryPosition = endPosition + IntervalBytes;
    }

    /// <summary>The index so far.</summary>
    public SegmentIndex Index { get; }

    /// <summary>The greatest timestamp so far; <see cref="long.MinValue"/> before the first frame.</summary>
    public long MaxTimestamp => Volatile.Read(ref _maxTimestamp);

    /// <summary>Notes a frame before it is published.</summary>
    public void Note(uint offsetDelta, long position, long maxTimestamp)
    {
        if (position >= _nextEntryPosition)
        {
            Index.Add(offsetDelta, (uint)position, MaxTimestamp);
            _nextEntryPosition = position + IntervalBytes;
        }

        Volatile.Write(ref _maxTimestamp, Math.Max(_maxTimestamp, maxTimestamp));
    }

    /// <summary>Ends the index with an entry at the segment's end, which has the greatest timestamp of all.</summary>
    public void Finish(uint endOffsetDelta, long endPosition)
    {
        // A segment that was opened again and closed without an append has its last entry already.
        if (Index.Count == 0 || Index.Entries[^1].Position < endPosition)
        {
            Index.Add(endOffsetDelta, (uint)endPosition, MaxTimestamp);
        }
    }
}

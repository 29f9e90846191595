using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Following;

/// <summary>
/// The state of a followed partition for its readers: its segments, its start and its ends. One thread at a time
/// writes, under the partition's gate and in the order of the law, the end last; any thread reads.
/// </summary>
internal sealed class FollowedState
{
    private readonly TruncationHistory _takenBack = new();
    private SegmentList _segments = SegmentList.Empty;
    private long _start;
    private long _durable;
    private long _end;

    /// <summary>The segments, oldest first.</summary>
    public SegmentList Segments => Volatile.Read(ref _segments);

    /// <summary>The first offset that may be read.</summary>
    public long Start => Volatile.Read(ref _start);

    /// <summary>The offset behind the last record that may be read.</summary>
    public long End => Volatile.Read(ref _end);

    /// <summary>The offset up to which everything is on the disk.</summary>
    public long Durable => Math.Min(Volatile.Read(ref _durable), Volatile.Read(ref _end));

    /// <summary>How often readable records were taken back.</summary>
    public int Truncations => _takenBack.Count;

    /// <summary>The lowest offset that was taken back since that number of truncations.</summary>
    public long TruncatedTo(int since) => _takenBack.LowestSince(since);

    /// <summary>
    /// The epoch of the record below an offset; zero if none of its epoch can be read. Epochs only grow with the
    /// offsets.
    /// </summary>
    public uint EpochBelow(long offset) => Segments.Find(offset - 1)?.Entry.Epoch ?? 0;

    /// <summary>
    /// The offset behind the last record of an epoch. Under the partition's gate, so that segments and end are of one
    /// moment.
    /// </summary>
    public long EndOfEpoch(uint epoch)
    {
        foreach (Segment segment in _segments.Items)
        {
            if (segment.Entry.Epoch > epoch)
            {
                return Math.Min(segment.BaseOffset, _end);
            }
        }

        return _end;
    }

    /// <summary>Moves the end forward.</summary>
    public void Extend(long end)
    {
        if (end > _end)
        {
            Volatile.Write(ref _end, end);
        }
    }

    /// <summary>
    /// Moves the durable end forward. It never moves back: a new owner and a checkpoint may have a lower one.
    /// </summary>
    public void ExtendDurable(long durable)
    {
        if (durable > _durable)
        {
            Volatile.Write(ref _durable, durable);
        }
    }

    /// <summary>Sets the end, which was too high; no reader has read beyond.</summary>
    public void EndAt(long offset) => Volatile.Write(ref _end, offset);

    /// <summary>
    /// The offset from which on readable records differ from those in the files; <see cref="long.MaxValue"/> if none
    /// do.
    /// </summary>
    public long FindDivergence(SegmentList segments, long end) => Divergence.Find(_segments, _end, segments, end);

    /// <summary>Publishes the result of a read of the files.</summary>
    /// <param name="segments">The segments.</param>
    /// <param name="start">The first offset.</param>
    /// <param name="end">The ends.</param>
    /// <param name="takenBackTo">The offset up to which earlier records are still the same.</param>
    public void Apply(SegmentList segments, long start, in FollowedEnd end, long takenBackTo)
    {
        SegmentList old = _segments;
        if (takenBackTo != long.MaxValue)
        {
            _takenBack.Add(takenBackTo);
            Volatile.Write(ref _durable, Math.Min(_durable, takenBackTo));
        }

        Volatile.Write(ref _segments, segments);

        // Before the end: a reader that sees the end must see that a segment without a known end is removed.
        FollowedSegments.RemoveMissing(old, segments);
        Volatile.Write(ref _start, start);
        ExtendDurable(end.Durable);
        Volatile.Write(ref _end, end.Offset);
    }

    /// <summary>Removes all segments.</summary>
    public void Clear()
    {
        SegmentList segments = _segments;
        Volatile.Write(ref _segments, SegmentList.Empty);
        foreach (Segment segment in segments.Items)
        {
            segment.Remove();
        }
    }
}

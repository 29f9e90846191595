using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Following;

/// <summary>
/// What readers see of a followed partition: its segments, and from where to where it goes. One thread at a time
/// writes, under the partition's gate and in the order of the law, the end last; any thread reads.
/// </summary>
internal sealed class FollowedReach
{
    private readonly TakenBack _takenBack = new();
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

    /// <summary>How often records were taken back that could be read.</summary>
    public int Truncations => _takenBack.Count;

    /// <summary>The lowest offset that was taken back since there were so many truncations.</summary>
    public long TruncatedTo(int since) => _takenBack.LowestSince(since);

    /// <summary>More can be read.</summary>
    public void Extend(long end)
    {
        if (end > _end)
        {
            Volatile.Write(ref _end, end);
        }
    }

    /// <summary>
    /// More is on the disk. It stays there, whatever tells it: an owner that begins tells less, and so does a
    /// checkpoint.
    /// </summary>
    public void ExtendDurable(long durable)
    {
        if (durable > _durable)
        {
            Volatile.Write(ref _durable, durable);
        }
    }

    /// <summary>The end is here after all; nobody has read beyond.</summary>
    public void EndAt(long offset) => Volatile.Write(ref _end, offset);

    /// <summary>
    /// The offset from which on records that could be read are not what a look at the files has found;
    /// <see cref="long.MaxValue"/> where all are.
    /// </summary>
    public long FindDivergence(SegmentList segments, long end) => Divergence.Find(_segments, _end, segments, end);

    /// <summary>Makes readers see what a look at the files has found.</summary>
    /// <param name="segments">The segments.</param>
    /// <param name="start">The first offset.</param>
    /// <param name="end">The ends.</param>
    /// <param name="takenBackTo">Up to which offset what could be read still stands.</param>
    public void Apply(SegmentList segments, long start, in FollowedEnd end, long takenBackTo)
    {
        SegmentList old = _segments;
        if (takenBackTo != long.MaxValue)
        {
            _takenBack.Add(takenBackTo);
            Volatile.Write(ref _durable, Math.Min(_durable, takenBackTo));
        }

        Volatile.Write(ref _segments, segments);

        // Before the end: whoever sees the end must see that a segment is removed whose end nobody told.
        FollowedSegments.RemoveMissing(old, segments);
        Volatile.Write(ref _start, start);
        ExtendDurable(end.Durable);
        Volatile.Write(ref _end, end.Offset);
    }

    /// <summary>Takes all segments away.</summary>
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

namespace EmbeddedLog.Segments.Reading;

/// <summary>
/// The segments of a partition at one moment, in order of their offsets. Immutable: the writer publishes a new list,
/// and readers go on with the one that they took.
/// </summary>
internal sealed class SegmentList
{
    /// <summary>The list of a partition without an append.</summary>
    public static SegmentList Empty { get; } = new([]);

    private readonly Segment[] _segments;

    public SegmentList(Segment[] segments) => _segments = segments;

    /// <summary>The number of segments.</summary>
    public int Count => _segments.Length;

    /// <summary>The segments, oldest first.</summary>
    public ReadOnlySpan<Segment> Items => _segments;

    /// <summary>The newest segment, or null.</summary>
    public Segment? Last => _segments.Length == 0 ? null : _segments[^1];

    /// <summary>
    /// The segment that holds an offset or will hold it next; null if the offset lies before the first.
    /// </summary>
    public Segment? Find(long offset)
    {
        int low = 0;
        int high = _segments.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_segments[middle].BaseOffset <= offset)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        // Of several segments that begin at one offset, the last one counts: the others ended empty.
        return low == 0 ? null : _segments[low - 1];
    }

    /// <summary>The list with one more segment at its end.</summary>
    public SegmentList With(Segment segment) => new([.. _segments, segment]);

    /// <summary>The list without its first segments.</summary>
    public SegmentList WithoutFirst(int count) => new(_segments[count..]);
}

namespace EmbeddedLog.Format.Frames;

/// <summary>
/// Steps through the frames of a mapped segment and checks each; stops at the first that is not valid and says why.
/// </summary>
internal unsafe struct FrameWalker
{
    private readonly byte* _segment;
    private readonly uint _segmentSeed;
    private readonly long _limit;
    private long _next;

    /// <param name="segment">The segment's first byte.</param>
    /// <param name="segmentSeed">From <see cref="FrameCrc.SegmentSeed"/>.</param>
    /// <param name="position">The position of the first frame.</param>
    /// <param name="limit">The number of bytes that may be read.</param>
    public FrameWalker(byte* segment, uint segmentSeed, long position, long limit)
    {
        _segment = segment;
        _segmentSeed = segmentSeed;
        _next = position;
        _limit = limit;
    }

    /// <summary>The position of the current frame, or after the end the position at which the walk stopped.</summary>
    public long Position { get; private set; }

    /// <summary>The current frame's length without padding.</summary>
    public int Length { get; private set; }

    /// <summary>The result of the check at <see cref="Position"/>.</summary>
    public FrameCheck Check { get; private set; }

    /// <summary>The current frame.</summary>
    public readonly byte* Frame => _segment + Position;

    /// <summary>Steps to the next frame; false if there is none, and <see cref="Check"/> says why.</summary>
    public bool MoveNext()
    {
        Position = _next;
        Check = FrameReader.Check(_segment, _segmentSeed, _next, _limit, out uint length);
        Length = (int)length;
        if (Check != FrameCheck.Valid)
        {
            return false;
        }

        _next += FrameLayout.Padded(Length);
        return true;
    }
}

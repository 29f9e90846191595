using EmbeddedLog.Format;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.Partitions.Recovery;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Following;

/// <summary>
/// Finds the end of a partition by its frames, if it is not published: from the checkpoint's end up to the first frame
/// that is not good. It finds the records that a recovery would keep, and changes nothing. One caller at a time.
/// </summary>
internal sealed unsafe class FollowedTail
{
    private readonly SegmentList _segments;
    private readonly ReaderEpochs _readers;
    private readonly uint _epoch;

    /// <summary>The segment of the next frame.</summary>
    private int _index;

    /// <summary>Whether the last segment's end was reached, so that only another list can have more.</summary>
    private bool _isBehindLast;

    /// <summary>The position of the next frame.</summary>
    private long _position;

    /// <summary>
    /// Whether nothing follows, because a recovery has ended the log here and there was no append since.
    /// </summary>
    private readonly bool _isEnd;

    public FollowedTail(SegmentList segments, Checkpoint? checkpoint, long logStart, ReaderEpochs readers)
    {
        _segments = segments;
        _readers = readers;
        _epoch = checkpoint?.Epoch ?? 0;
        _position = SegmentHeader.PageBytes;
        Offset = segments.Count == 0
            ? Math.Max(logStart, checkpoint?.DurableEndOffset ?? 0)
            : segments.Items[0].BaseOffset;
        if (checkpoint is not { ActiveSequence: not 0 } known)
        {
            return;
        }

        for (int i = 0; i < segments.Count; i++)
        {
            Segment segment = segments.Items[i];
            if (segment.Entry.Uid == known.ActiveUid)
            {
                _index = i;
                _position = known.DurableEndPosition;
                Offset = known.DurableEndOffset;
                _isEnd = !TryPassJudged(known);
                return;
            }
        }

        // Retention or a recovery has removed the checkpoint's segment. A walk from the segment's beginning takes
        // longer and finds the same end.
        while (_index < segments.Count - 1 && segments.Items[_index + 1].BaseOffset <= known.DurableEndOffset)
        {
            Offset = segments.Items[++_index].BaseOffset;
        }
    }

    /// <summary>The offset behind the last good frame.</summary>
    public long Offset { get; private set; }

    /// <summary>Whether only another list of segments can have more.</summary>
    public bool NeedsList => _isEnd || _isBehindLast || _segments.Count == 0;

    /// <summary>
    /// Whether the walk stopped at an end, with nothing behind. Otherwise it stopped at damage, or at a segment whose
    /// file is gone. Outside all slots.
    /// </summary>
    public bool IsAtEnd()
    {
        if (NeedsList)
        {
            return true;
        }

        Segment segment = _segments.Items[_index];
        ReaderSlot slot = _readers.Rent();
        slot.Enter();
        try
        {
            byte* memory = segment.GetBase();
            long limit = 0;
            if (memory == null
                || !FrameMemory.TryExtend(segment, _position, segment.ReadableBytes, ref memory, ref limit))
            {
                return false;
            }

            // The rest of the file, which is at most a segment, and looked at only where somebody has told otherwise.
            FrameSearch behind = FrameSearch.Search(memory, segment.CrcSeed, segment.BaseOffset, _position, limit);
            return !behind.HasFrames && behind.UsedBytes == 0;
        }
        finally
        {
            _readers.Return(slot);
        }
    }

    /// <summary>
    /// Whether the walk is still valid: a recovery, which might take records back, changes one of the two.
    /// </summary>
    public bool IsOf(SegmentList segments, Checkpoint? checkpoint) =>
        segments == _segments && segments.Count > 0 && (checkpoint?.Epoch ?? 0) == _epoch;

    /// <summary>
    /// Goes on to the end; true if it has passed a segment that has ended, so that the list may be old.
    /// </summary>
    /// <exception cref="LogIOException">The system cannot read the bytes.</exception>
    public bool Advance()
    {
        if (NeedsList)
        {
            return false;
        }

        ReaderSlot slot = _readers.Rent();
        slot.Enter();
        try
        {
            while (true)
            {
                Segment segment = _segments.Items[_index];
                bool ended = segment.IsEmpty || _position == segment.EndPosition || WalkToSeal(segment);
                if (!ended || _index == _segments.Count - 1)
                {
                    _isBehindLast = ended;
                    return ended;
                }

                _index++;
                _position = SegmentHeader.PageBytes;
            }
        }
        finally
        {
            _readers.Return(slot);
        }
    }

    /// <summary>
    /// Passes over records that an earlier recovery has judged: it wrote its checkpoint in a new epoch, so records of
    /// earlier epochs end at the checkpoint's end. False if nothing follows.
    /// </summary>
    private bool TryPassJudged(in Checkpoint checkpoint)
    {
        if (_segments.Items[_index].Entry.Epoch >= checkpoint.Epoch)
        {
            return true;
        }

        if (_index == _segments.Count - 1 || _segments.Items[_index + 1].Entry.Epoch < checkpoint.Epoch)
        {
            return false;
        }

        _index++;
        _position = SegmentHeader.PageBytes;
        return true;
    }

    /// <summary>Walks frames; true if it reached the segment's end or its seal.</summary>
    private bool WalkToSeal(Segment segment)
    {
        byte* memory = segment.GetBase();
        long touchable = 0;
        while (memory != null && FrameMemory.TryPrepare(segment, _position, ref memory, ref touchable))
        {
            long limit = Math.Min(touchable, segment.EndPosition);
            if (FrameReader.Check(memory, segment.CrcSeed, _position, limit, out uint length) != FrameCheck.Valid
                || !FrameExtent.TryRead(memory + _position, (int)length, segment.BaseOffset, out FrameExtent extent)
                || extent.FirstOffset != Offset)
            {
                return false;
            }

            _position += FrameLayout.Padded((int)length);
            Offset = extent.NextOffset;
            if (extent.Type == FrameType.Seal || _position == segment.EndPosition)
            {
                return true;
            }
        }

        return false;
    }
}

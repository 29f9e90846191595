using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Segments;

namespace EmbeddedLog.Segments.Reading;

/// <summary>
/// Goes through a segment's file and finds good frames and damaged regions. Behind a damaged region it goes on at the
/// next frame: a frame's checksum is valid at its own position only, so no other bytes look like one. Memory is
/// bounded, whatever the file says.
/// </summary>
internal sealed unsafe class SegmentSurvey
{
    /// <summary>
    /// How many bytes may be checksummed for every searched byte. A file that looks like many long frames is refused.
    /// </summary>
    private const long WorkFactor = 32;

    /// <summary>The header and the bytes that <see cref="FrameExtent"/> reads.</summary>
    private const int ExtentBytes = FrameLayout.HeaderBytes + BatchFrame.MaxPreludeBytes;

    private readonly FileReader _reader;
    private readonly uint _seed;
    private readonly long _baseOffset;
    private readonly long _endOffset;
    private readonly long _limit;

    /// <summary>Whether the segment goes on behind the end, so that the offset decides when to stop.</summary>
    private readonly bool _isActive;

    private long _work;

    /// <param name="reader">The file.</param>
    /// <param name="uid">The segment's uid.</param>
    /// <param name="baseOffset">Its base offset.</param>
    /// <param name="endOffset">The offset at which its records end for this survey.</param>
    /// <param name="limit">Where they end in the file; no frame reaches beyond.</param>
    /// <param name="isActive">Whether it is written to.</param>
    public SegmentSurvey(
        FileReader reader, ulong uid, long baseOffset, long endOffset, long limit, bool isActive)
    {
        _reader = reader;
        _seed = FrameCrc.SegmentSeed(uid);
        _baseOffset = baseOffset;
        _endOffset = endOffset;
        _limit = limit;
        _isActive = isActive;
        _work = WorkFactor * limit;
        NextOffset = baseOffset;
    }

    /// <summary>The position of the survey.</summary>
    public long Position { get; private set; } = SegmentHeader.PageBytes;

    /// <summary>The offset of the next record.</summary>
    public long NextOffset { get; private set; }

    /// <summary>Gives the next frame or damaged region; false at the end.</summary>
    public bool TryNext(out SurveyedPart part)
    {
        if (Position >= _limit || (_isActive && NextOffset >= _endOffset))
        {
            // Records may be missing without a damaged region, if the manifest says that there are more.
            part = new SurveyedPart(Position, Position, NextOffset, _endOffset, FrameCheck.Empty);
            bool isShort = NextOffset < _endOffset;
            NextOffset = Math.Max(NextOffset, _endOffset);
            return isShort;
        }

        FrameCheck check = Check(Position, out int length, out FrameExtent extent);
        part = check == FrameCheck.Valid && extent.FirstOffset == NextOffset && extent.NextOffset <= _endOffset
            ? FrameAt(Position, length, extent)
            : BadPlace(check);
        Position = part.EndPosition;
        NextOffset = part.NextOffset;
        return true;
    }

    /// <summary>The region up to the next good frame at or above the next offset, or up to the end.</summary>
    private SurveyedPart BadPlace(FrameCheck check)
    {
        for (long at = Position + FrameLayout.Alignment; at < _limit; at += FrameLayout.Alignment)
        {
            if (IsPlausible(at) && Check(at, out _, out FrameExtent extent) == FrameCheck.Valid
                && extent.FirstOffset >= NextOffset && extent.NextOffset <= _endOffset)
            {
                return new SurveyedPart(Position, at, NextOffset, extent.FirstOffset, check);
            }
        }

        return new SurveyedPart(Position, _limit, NextOffset, _endOffset, check);
    }

    private static SurveyedPart FrameAt(long position, int length, in FrameExtent extent) => new(
        position,
        position + FrameLayout.Padded(length),
        extent.FirstOffset,
        extent.NextOffset,
        FrameCheck.Valid,
        length,
        extent);

    /// <summary>Cheap checks that no frame begins here, so that few other bytes are checksummed.</summary>
    private bool IsPlausible(long position)
    {
        if (_limit - position < FrameLayout.HeaderBytes
            || !_reader.TryGet(position, FrameLayout.HeaderBytes, out byte* frame))
        {
            return false;
        }

        uint length = *(uint*)frame;
        long first = _baseOffset + FrameHeader.ReadOffsetDelta(frame);
        if (length < FrameLayout.HeaderBytes || length > _limit - position || !IsKnown(frame)
            || first < NextOffset || first > _endOffset)
        {
            return false;
        }

        return (_work -= length) > 0;
    }

    private static bool IsKnown(byte* frame)
    {
        int kind = FrameHeader.ReadKind(frame);
        return (kind & (FrameLayout.CodecMask | FrameLayout.ExtensionBit)) == 0
            && (kind & FrameLayout.TypeMask) is >= (int)FrameType.Record and <= (int)FrameType.Gap;
    }

    private FrameCheck Check(long position, out int length, out FrameExtent extent)
    {
        length = 0;
        extent = default;
        if (_limit - position < FrameLayout.HeaderBytes
            || !_reader.TryGet(position, FrameLayout.HeaderBytes, out byte* frame) || *(uint*)frame == 0)
        {
            return FrameCheck.Empty;
        }

        uint stored = *(uint*)frame;
        if (stored < FrameLayout.HeaderBytes || stored > _limit - position
            || FrameLayout.Padded((int)stored) > _limit - position)
        {
            return FrameCheck.BadLength;
        }

        length = (int)stored;
        uint expected = FrameHeader.ReadCrc(frame);
        if (!TryComputeCrc(position, length, out uint crc) || crc != expected)
        {
            return FrameCheck.BadCrc;
        }

        int head = Math.Min(FrameLayout.Padded(length), ExtentBytes);
        return !_reader.TryGet(position, head, out frame) ? FrameCheck.Empty
            : !IsKnown(frame) ? FrameCheck.Unknown
            : FrameExtent.TryRead(frame, length, _baseOffset, out extent) ? FrameCheck.Valid
            : FrameCheck.BadCrc;
    }

    /// <summary>
    /// In parts, because a frame may be as long as a segment. False if the file ends before the frame.
    /// </summary>
    private bool TryComputeCrc(long position, int length, out uint crc)
    {
        crc = FrameCrc.Begin(_seed, position, length);
        long end = position + FrameLayout.Padded(length);
        long at = position + FrameLayout.KindAt;
        while (at < end)
        {
            int count = (int)Math.Min(end - at, FileReader.MaxBytes);
            if (!_reader.TryGet(at, count, out byte* bytes))
            {
                return false;
            }

            crc = FrameCrc.Append(crc, bytes, count);
            at += count;
        }

        crc = FrameCrc.Finish(crc);
        return true;
    }
}

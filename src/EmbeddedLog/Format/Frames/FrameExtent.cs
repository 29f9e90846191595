namespace EmbeddedLog.Format.Frames;

/// <summary>The offsets that a frame covers, and its greatest timestamp.</summary>
/// <param name="Type">What the frame holds.</param>
/// <param name="FirstOffset">The offset of the first record; of a seal, the next segment's first.</param>
/// <param name="NextOffset">The offset behind the last record; of a seal, the same as the first.</param>
/// <param name="MaxTimestamp">
/// The greatest timestamp of the records; of a seal, of the whole segment; of a gap, <see cref="long.MinValue"/>.
/// </param>
/// <param name="Records">The number of records, at most the number of covered offsets.</param>
internal readonly record struct FrameExtent(
    FrameType Type, long FirstOffset, long NextOffset, long MaxTimestamp, int Records)
{
    /// <summary>Whether it covers any offset. A seal and a gap that only fills space cover none.</summary>
    public bool HasOffsets => NextOffset > FirstOffset;

    /// <summary>Reads the extent of a frame that passed its check; false if it is malformed, that is, forged.</summary>
    public static unsafe bool TryRead(byte* frame, int length, long baseOffset, out FrameExtent extent)
    {
        FrameType type = FrameHeader.ReadType(frame);
        long first = baseOffset + FrameHeader.ReadOffsetDelta(frame);
        long timestamp = FrameHeader.ReadTimestamp(frame);
        switch (type)
        {
            case FrameType.Record:
                extent = new FrameExtent(type, first, first + 1, timestamp, 1);
                return true;
            case FrameType.Batch when BatchFrame.TryOpen(frame, length, baseOffset, out BatchFrame batch):
                extent = new FrameExtent(
                    type, first, first + batch.LastOffsetDelta + 1, batch.MaxTimestamp, batch.Remaining);
                return true;
            case FrameType.Seal:
                extent = new FrameExtent(type, first, first, timestamp, 0);
                return true;
            case FrameType.Gap when GapFrame.TryReadCount(frame, length, out long count):
                extent = new FrameExtent(type, first, first + count, long.MinValue, 0);
                return true;
            default:
                extent = default;
                return false;
        }
    }
}

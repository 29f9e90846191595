using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;

namespace EmbeddedLog.Partitions.Recovery;

/// <summary>
/// A search for good frames at every place where one can begin, and what it found. Behind the last good frame of a
/// segment there may be good ones again, for the pages of an unflushed tail reach the disk in any order.
/// </summary>
/// <param name="UsedBytes">The bytes up to the last that is not zero.</param>
/// <param name="HasFrames">Whether there are good frames.</param>
/// <param name="ClaimedDurableEnd">The greatest durable end that a good frame claims, or -1.</param>
internal readonly record struct FrameSearch(long UsedBytes, bool HasFrames, long ClaimedDurableEnd)
{
    /// <summary>
    /// How many bytes may be checksummed for every searched byte. A tail that looks like many long frames is refused.
    /// </summary>
    private const long WorkFactor = 32;

    /// <summary>Checks every place where a frame can begin.</summary>
    /// <param name="segment">The segment's first byte.</param>
    /// <param name="segmentSeed">From <see cref="FrameCrc.SegmentSeed"/>.</param>
    /// <param name="baseOffset">The segment's base offset.</param>
    /// <param name="from">Where to begin.</param>
    /// <param name="limit">The number of bytes that may be read.</param>
    public static unsafe FrameSearch Search(byte* segment, uint segmentSeed, long baseOffset, long from, long limit)
    {
        long lastUsed = from;
        long claimed = -1;
        bool found = false;
        long work = WorkFactor * (limit - from);
        long position = from;
        while (limit - position >= sizeof(ulong))
        {
            long step = FrameLayout.Alignment;
            if (*(ulong*)(segment + position) != 0)
            {
                lastUsed = position + sizeof(ulong);
                if (IsPlausible(segment + position, limit - position, out int length) && (work -= length) > 0
                    && FrameReader.Check(segment, segmentSeed, position, limit, out _) == FrameCheck.Valid)
                {
                    found = true;
                    claimed = Math.Max(claimed, ClaimOf(segment + position, baseOffset));
                    step = FrameLayout.Padded(length);
                    lastUsed = position + step;
                }
            }

            position += step;
        }

        return new FrameSearch(lastUsed - from, found, claimed);
    }

    /// <summary>
    /// Whether a good frame ends at a position, which is looked for backwards. Also true if too many places look like
    /// its beginning: no damage is claimed that is not certain.
    /// </summary>
    /// <param name="segment">The segment's first byte.</param>
    /// <param name="segmentSeed">From <see cref="FrameCrc.SegmentSeed"/>.</param>
    /// <param name="end">Where it ends; as many bytes may be read.</param>
    public static unsafe bool HasFrameThatEndsAt(byte* segment, uint segmentSeed, long end)
    {
        long work = WorkFactor * end;
        for (long at = end - FrameLayout.HeaderBytes; at >= SegmentHeader.PageBytes; at -= FrameLayout.Alignment)
        {
            uint length = *(uint*)(segment + at);
            if (length > end - at || length < FrameLayout.HeaderBytes || FrameLayout.Padded((int)length) != end - at)
            {
                continue;
            }

            work -= length;
            if (work < 0 || FrameReader.Check(segment, segmentSeed, at, end, out _)
                is FrameCheck.Valid or FrameCheck.Unknown)
            {
                return true;
            }
        }

        return false;
    }

    private static unsafe bool IsPlausible(byte* frame, long room, out int length)
    {
        uint stored = *(uint*)frame;
        length = (int)Math.Min(stored, int.MaxValue);
        return stored >= FrameLayout.HeaderBytes
            && room >= FrameLayout.HeaderBytes
            && stored <= room
            && FrameHeader.ReadType(frame) is FrameType.Record or FrameType.Batch or FrameType.Seal or FrameType.Gap
            && (FrameHeader.ReadKind(frame) & (FrameLayout.CodecMask | FrameLayout.ExtensionBit)) == 0;
    }

    private static unsafe long ClaimOf(byte* frame, long baseOffset)
    {
        ushort lag = FrameHeader.ReadDurableLag(frame);
        return lag == DurableLag.None ? -1 : baseOffset + FrameHeader.ReadOffsetDelta(frame) - DurableLag.Decode(lag);
    }
}

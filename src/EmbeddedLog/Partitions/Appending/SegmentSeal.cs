using EmbeddedLog.Format.Frames;
using EmbeddedLog.IO;
using EmbeddedLog.Segments.Index;
using EmbeddedLog.Segments.Writing;

namespace EmbeddedLog.Partitions.Appending;

/// <summary>Ends a segment: its index, its end, and the frame that shows the end to followers.</summary>
internal static unsafe class SegmentSeal
{
    /// <summary>Ends a segment at its present end, without a seal in its file. Under the append lock.</summary>
    public static void EndUnsynchronized(SegmentWriter writer, SegmentIndexBuilder index, long endOffset)
    {
        writer.Segment.End(endOffset, writer.Tail);
        index.Finish((uint)(endOffset - writer.Segment.BaseOffset), writer.Tail);
    }

    /// <summary>Ends a segment at its present end, and seals it. Under the append lock.</summary>
    /// <param name="writer">Writes the segment.</param>
    /// <param name="index">Its index.</param>
    /// <param name="endOffset">The offset behind its last record.</param>
    /// <param name="lag">The lag of the durable end, as frames store it.</param>
    public static void WriteUnsynchronized(
        SegmentWriter writer, SegmentIndexBuilder index, long endOffset, ushort lag)
    {
        long endPosition = writer.Tail;
        uint endDelta = (uint)(endOffset - writer.Segment.BaseOffset);
        index.Finish(endDelta, endPosition);
        writer.Segment.End(endOffset, endPosition);
        try
        {
            byte* frame = writer.BeginSeal();
            long timestamp = Math.Max(index.MaxTimestamp, FrameLayout.MinTimestamp);
            FrameHeader.Write(frame, (int)FrameType.Seal, FrameFlags.None, endDelta, timestamp, lag);
            uint crc = FrameCrc.Compute(writer.Segment.CrcSeed, endPosition, frame, FrameLayout.SealBytes);
            FrameHeader.WriteCrc(frame, crc);
            writer.Commit(FrameLayout.SealBytes);
        }
        catch (FileSystemException)
        {
            // Only a positional write can fail here. The manifest already has the segment's end; the seal only saves
            // followers from reading it.
        }
    }
}

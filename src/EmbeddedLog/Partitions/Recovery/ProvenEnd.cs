using EmbeddedLog.Files;
using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Partitions.Recovery;

/// <summary>The end that a checkpoint proves of a manifest's segments, and checks that the two fit together.</summary>
internal static class ProvenEnd
{
    /// <summary>
    /// The checkpoint's durable records are in segments or below the log's start, and so is the start. Without this
    /// check, a lost manifest would look like an empty log.
    /// </summary>
    public static void CheckBounds(
        PartitionIdentity identity, Manifest manifest, Segment[] segments, Checkpoint? checkpoint)
    {
        long start = manifest.LogStartOffset;
        bool lostAll = segments.Length == 0 && checkpoint?.DurableEndOffset > start;
        bool lostStart = checkpoint?.LogStartOffset > start;
        if (lostAll || lostStart)
        {
            throw FileErrors.Corrupt(
                identity.Id,
                Path.Combine(identity.Directory, Manifest.FileName),
                0,
                "the manifest has lost what was in it",
                $"segments up to offset {checkpoint?.DurableEndOffset}, a start of {checkpoint?.LogStartOffset}",
                $"{segments.Length} segments, a start of {start}",
                start);
        }
    }

    /// <summary>The end of the log that the checkpoint proves, and its segment.</summary>
    public static DurablePoint Find(
        PartitionIdentity identity, Segment[] segments, Checkpoint? known, out int index)
    {
        index = 0;
        Segment first = segments[0];
        DurablePoint start = new(first.BaseOffset, first.Entry.Sequence, first.Entry.Uid, SegmentHeader.PageBytes);
        if (known is not { ActiveSequence: not 0 } checkpoint)
        {
            return start;
        }

        index = IndexOf(segments, checkpoint);
        if (index >= 0 && checkpoint.DurableEndPosition <= segments[index].EndPosition)
        {
            CheckThatItLiesIn(identity, segments[index], checkpoint);
            return new DurablePoint(
                checkpoint.DurableEndOffset,
                checkpoint.ActiveSequence,
                checkpoint.ActiveUid,
                checkpoint.DurableEndPosition);
        }

        // Retention may have removed the checkpoint's segment, with all before it, since the checkpoint was written.
        index = 0;
        if (first.BaseOffset >= checkpoint.DurableEndOffset)
        {
            return start;
        }

        throw FileErrors.Corrupt(
            identity.Id,
            Path.Combine(identity.Directory, Manifest.FileName),
            0,
            "the manifest lacks the segment that the checkpoint names",
            $"segment {checkpoint.ActiveSequence} with the durable end {checkpoint.DurableEndOffset}",
            $"segments from offset {first.BaseOffset} on");
    }

    /// <summary>A durable end lies behind the segment's header, and its offset is one of the segment's.</summary>
    private static void CheckThatItLiesIn(
        PartitionIdentity identity, Segment segment, in Checkpoint checkpoint)
    {
        bool isInFile = checkpoint.DurableEndPosition >= SegmentHeader.PageBytes;
        bool isInSegment = checkpoint.DurableEndOffset >= segment.BaseOffset
            && checkpoint.DurableEndOffset <= segment.EndOffset;
        if (!isInFile || !isInSegment)
        {
            throw FileErrors.Corrupt(
                identity.Id,
                Path.Combine(identity.Directory, CheckpointFile.FileName),
                0,
                "checkpoint and manifest disagree",
                $"a durable end between the offsets {segment.BaseOffset} and {segment.EndOffset}",
                $"{checkpoint.DurableEndOffset} at position {checkpoint.DurableEndPosition}",
                checkpoint.DurableEndOffset);
        }
    }

    /// <summary>By the uid, because a salvage may have given the segment a file with another sequence since.</summary>
    public static int IndexOf(Segment[] segments, Checkpoint checkpoint) =>
        Array.FindIndex(segments, segment => segment.Entry.Uid == checkpoint.ActiveUid);
}

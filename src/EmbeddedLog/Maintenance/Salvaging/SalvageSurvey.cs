using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format.Checksums;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Maintenance.Salvaging;

/// <summary>The good frames and the damaged regions of a segment's file. Reads it once.</summary>
internal sealed class SalvageSurvey
{
    private SalvageSurvey(long length)
    {
        Length = length;
        LastGood = (SegmentHeader.PageBytes, 0);
    }

    /// <summary>The file's size; zero if there is none.</summary>
    public long Length { get; }

    /// <summary>The header; null if there is no intact one of this segment.</summary>
    public SegmentHeader? Header { get; private set; }

    /// <summary>Whether both copies of the header are intact.</summary>
    public bool HasWholeHeader { get; private set; }

    /// <summary>The regions without a good frame, in order.</summary>
    public List<SurveyedPart> Places { get; } = [];

    /// <summary>For each region, the bytes of good frames with records before it.</summary>
    public List<long> BytesBefore { get; } = [];

    /// <summary>The gaps that an earlier salvage has left.</summary>
    public List<OffsetRange> Gaps { get; } = [];

    /// <summary>The good frames with records: their offsets.</summary>
    public List<OffsetRange> Kept { get; } = [];

    /// <summary>These frames with missing records, and the numbers of these.</summary>
    public List<(OffsetRange Offsets, long Missing)> Sparse { get; } = [];

    /// <summary>The bytes of these frames.</summary>
    public long KeptBytes { get; private set; }

    /// <summary>Behind the last good frame: its position, and the next offset less the segment's first.</summary>
    public (long Position, long Offset) LastGood { get; private set; }

    /// <summary>The greatest durable end that a good frame claims, or -1.</summary>
    public long ClaimedEnd { get; private set; } = -1;

    /// <summary>The length in the frame behind the last good one; zero if there is none.</summary>
    public uint NextLength { get; private set; }

    /// <summary>Surveys a segment.</summary>
    /// <param name="files">The file system.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="endOffset">Where its offsets end; null if unknown.</param>
    /// <param name="endPosition">Where its frames end.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="UnsupportedFormatException">A newer version of the library wrote it.</exception>
    public static SalvageSurvey Run(
        FileSystem files, Segment segment, long? endOffset, long endPosition, CancellationToken cancellation)
    {
        long end = endOffset ?? segment.BaseOffset + uint.MaxValue;
        if (!files.FileExists(segment.Path))
        {
            SalvageSurvey none = new(0);
            none.Places.Add(new SurveyedPart(
                SegmentHeader.PageBytes, endPosition, segment.BaseOffset, end, FrameCheck.Empty));
            none.BytesBefore.Add(0);
            return none;
        }

        using FileReader reader = FileReader.Open(files, segment.Path, out long length);
        long limit = endOffset is null ? Math.Min(length, uint.MaxValue) & -FrameLayout.Alignment : endPosition;
        SalvageSurvey found = new(length);
        found.ReadHeader(reader, segment);
        SegmentSurvey survey = new(reader, segment.Entry.Uid, segment.BaseOffset, end, limit, isActive: false);
        while (survey.TryNext(out SurveyedPart part))
        {
            cancellation.ThrowIfCancellationRequested();
            found.Note(reader, segment, part);
        }

        return found;
    }

    private unsafe void ReadHeader(FileReader reader, Segment segment)
    {
        if (!reader.TryGet(0, SegmentHeader.PageBytes, out byte* bytes))
        {
            return;
        }

        ReadOnlySpan<byte> page = new(bytes, SegmentHeader.PageBytes);
        try
        {
            Header = SegmentOpening.CheckHeader(page, segment);
            HasWholeHeader = SegmentHeader.TryRead(page[..(page.Length / 2)], out _) == BlockStatus.Valid
                && SegmentHeader.TryRead(page[(page.Length / 2)..], out _) == BlockStatus.Valid;
        }
        catch (CorruptLogException)
        {
            // It is written anew from the manifest's entry.
        }
    }

    private unsafe void Note(FileReader reader, Segment segment, in SurveyedPart part)
    {
        if (part.Check == FrameCheck.Unknown)
        {
            throw FileErrors.NewerFormat(segment.Path);
        }

        if (part.Check != FrameCheck.Valid || part.Length == 0)
        {
            bool hasHead = reader.TryGet(part.Position, FrameLayout.HeaderBytes, out byte* head);
            NextLength = hasHead ? FrameHeader.ReadLengthAcquire(head) : 0;
            Places.Add(part);
            BytesBefore.Add(KeptBytes);
            return;
        }

        NextLength = 0;
        LastGood = (part.EndPosition, part.NextOffset - segment.BaseOffset);
        OffsetRange offsets = new(part.FirstOffset, part.NextOffset);
        if (part.Extent.Type == FrameType.Gap)
        {
            Add(Gaps, offsets);
        }
        else if (part.Extent.Type != FrameType.Seal)
        {
            Add(Kept, offsets);
            if (part.Extent.Records < offsets.Count)
            {
                Sparse.Add((offsets, offsets.Count - part.Extent.Records));
            }

            KeptBytes += part.EndPosition - part.Position;
        }

        if (reader.TryGet(part.Position, FrameLayout.HeaderBytes, out byte* frame)
            && FrameHeader.ReadDurableLag(frame) is var lag and not DurableLag.None)
        {
            ClaimedEnd = Math.Max(ClaimedEnd, part.FirstOffset - DurableLag.Decode(lag));
        }
    }

    /// <summary>Adds a range, and joins it to the last one if they touch.</summary>
    public static void Add(List<OffsetRange> ranges, OffsetRange next)
    {
        if (next.Count <= 0)
        {
            return;
        }

        if (ranges.Count > 0 && ranges[^1].End == next.First)
        {
            ranges[^1] = new OffsetRange(ranges[^1].First, next.End);
        }
        else
        {
            ranges.Add(next);
        }
    }
}

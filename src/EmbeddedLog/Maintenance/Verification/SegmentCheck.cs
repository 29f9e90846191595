using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format.Checksums;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Maintenance.Verification;

/// <summary>Checks one segment, frame by frame, and its index against the frames, while it may be written to.</summary>
internal sealed class SegmentCheck : IDisposable
{
    private readonly Segment _segment;
    private readonly VerifyFindings _findings;
    private readonly FileReader _reader;
    private readonly SegmentSurvey _survey;
    private readonly IndexCheck? _index;

    /// <summary>Opens the segment's file.</summary>
    /// <param name="files">The file system.</param>
    /// <param name="log">The partition.</param>
    /// <param name="segment">One of its segments.</param>
    /// <param name="pastCache">Whether to read it from the device.</param>
    /// <param name="findings">Collects the findings.</param>
    /// <exception cref="FileSystemException">The file is missing, or cannot be opened.</exception>
    public SegmentCheck(FileSystem files, PartitionLog log, Segment segment, bool pastCache, VerifyFindings findings)
    {
        _segment = segment;
        _findings = findings;

        // In this order: published records are below the tail that is read afterwards, and a segment that has not ended
        // by then still has this tail.
        long end = pastCache ? log.DurableEnd : log.PublishedEnd;
        long tail = log.Writer.TailPosition;
        long segmentEnd = segment.EndOffset;
        bool goesOn = end < segmentEnd;
        long limit = segmentEnd == long.MaxValue ? tail : segment.EndPosition;
        LogFile file = (pastCache ? files.TryOpenPastCache(segment.Path) : null)
            ?? files.OpenFile(segment.Path, FileOpening.Read);
        _reader = new FileReader(file, limit);
        _survey = new SegmentSurvey(
            _reader, segment.Entry.Uid, segment.BaseOffset, Math.Min(end, segmentEnd), limit, goesOn);
        try
        {
            _index = goesOn ? null : IndexCheck.TryBegin(files, segment);
            CheckHeader();
        }
        catch
        {
            _reader.Dispose();
            throw;
        }
    }

    /// <summary>Checks the next part; false when all was checked.</summary>
    public bool Step(long bytes)
    {
        long until = _survey.Position + bytes;
        bool isMore = true;
        while (_survey.Position < until && (isMore = _survey.TryNext(out SurveyedPart part)))
        {
            Note(part);
        }

        if (!isMore)
        {
            _index?.Finish(_survey.Position, _survey.NextOffset);
            _findings.Segments++;
        }

        return isMore;
    }

    /// <summary>Whether the index of an intact segment must be made again.</summary>
    public bool HasBadIndex => _index is { IsBad: true };

    /// <summary>The position of the check in the file.</summary>
    public long Position => _survey.Position;

    public void Dispose() => _reader.Dispose();

    private void Note(in SurveyedPart part)
    {
        if (part.Check == FrameCheck.Valid && part.Extent.FirstOffset == part.FirstOffset && part.Length > 0)
        {
            _index?.Note(part.Position, part.Extent);
            bool hasRecords = part.Extent.Type is FrameType.Record or FrameType.Batch;
            _findings.Frames += hasRecords ? 1 : 0;
            _findings.Records += part.Extent.Records;
            return;
        }

        _index?.Abandon();
        bool isUnreadable = _reader.UnreadableAt >= 0 && _reader.UnreadableAt < part.EndPosition;
        bool losesOffsets = part.NextOffset > part.FirstOffset;
        Tell(
            part.Position,
            $"a frame with offset {part.FirstOffset}",
            isUnreadable ? $"bytes that the device cannot read, from {_reader.UnreadableAt} on" : Describe(part.Check),
            losesOffsets ? part.FirstOffset : null,
            losesOffsets ? part.NextOffset : null);
    }

    private static string Describe(FrameCheck check) => check switch
    {
        FrameCheck.Empty => "no frame",
        FrameCheck.BadLength => "an impossible length",
        FrameCheck.BadCrc => "a wrong checksum",
        FrameCheck.Unknown => "a frame of a newer version",
        _ => "a frame with another offset",
    };

    private unsafe void CheckHeader()
    {
        if (!_reader.TryGet(0, SegmentHeader.PageBytes, out byte* bytes))
        {
            Tell(0, "a page with the segment's header", "the end of the file", null, null);
            return;
        }

        byte[] page = new ReadOnlySpan<byte>(bytes, SegmentHeader.PageBytes).ToArray();
        int before = _findings.Count;
        _findings.Run(_segment.Partition, () => SegmentOpening.CheckHeader(page, _segment));
        for (int at = 0; at < page.Length && _findings.Count == before; at += page.Length / 2)
        {
            if (SegmentHeader.TryRead(page.AsSpan(at, page.Length / 2), out _) != BlockStatus.Valid)
            {
                _findings.Add(new VerifyFinding(
                    _segment.Partition, _segment.Path, at, "an intact copy of the header", "a wrong checksum", null,
                    null, IsHarmless: true));
            }
        }
    }

    private void Tell(long position, string expected, string actual, long? first, long? end) => _findings.Add(
        new VerifyFinding(
            _segment.Partition, _segment.Path, position, expected, actual, first, end, IsHarmless: false));
}

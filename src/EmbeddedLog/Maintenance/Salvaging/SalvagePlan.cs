using EmbeddedLog.Files;
using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Format;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Manifests;
using EmbeddedLog.IO;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Maintenance.Salvaging;

/// <summary>
/// Plans the salvage of a partition, without changes: which regions become gaps, and where the log ends. It decides
/// like an opening. Records that must be there and are not are lost. The torn end of unflushed writes is left to the
/// next opening.
/// </summary>
internal sealed class SalvagePlan
{
    private readonly FileSystem _files;
    private readonly SessionState _session;
    private readonly Manifest _manifest;
    private readonly Checkpoint? _checkpoint;
    private readonly Segment[] _segments;
    private readonly SalvageSurvey?[] _surveys;

    /// <summary>The segment of the checkpoint's durable end; -1 if none has it.</summary>
    private readonly int _provenIndex;

    /// <summary>Whether the checkpoint has the end of the log.</summary>
    private readonly bool _endIsKnown;

    /// <summary>Everything below this offset must be there.</summary>
    private long _expectedEnd;

    private SalvagePlan(
        FileSystem files, SessionState session, Manifest manifest, Checkpoint? checkpoint, Segment[] segments)
    {
        _files = files;
        _session = session;
        _manifest = manifest;
        _checkpoint = checkpoint;
        _provenIndex = checkpoint is { ActiveSequence: not 0 } known
            ? Array.FindIndex(segments, segment => segment.Entry.Uid == known.ActiveUid)
            : -1;
        LosesCheckpoint = session.Clean && segments.Length > 0 && checkpoint is not { Clean: true };
        _segments = LeaveOutJudged(segments);
        bool isJudged = _provenIndex >= 0 && _provenIndex == _segments.Length - 1
            && _segments[_provenIndex].Entry.Epoch < checkpoint!.Value.Epoch;
        _endIsKnown = _segments.Length > 0 && (isJudged || (session.Clean && !LosesCheckpoint));
        _surveys = new SalvageSurvey?[_segments.Length];
        End = new DurablePoint(manifest.LogStartOffset, 0, 0, 0);
    }

    /// <summary>The segments to write anew.</summary>
    public List<SalvagedSegment> Damaged { get; } = [];

    /// <summary>The newly found lost offsets.</summary>
    public List<OffsetRange> Gone { get; } = [];

    /// <summary>The offsets that were lost before.</summary>
    public List<OffsetRange> EarlierGaps { get; } = [];

    /// <summary>How many records can be read.</summary>
    public long KeptRecords { get; private set; }

    /// <summary>The bytes of their frames.</summary>
    public long KeptBytes { get; private set; }

    /// <summary>Where the log ends.</summary>
    public DurablePoint End { get; private set; }

    /// <summary>Whether no record can have followed.</summary>
    public bool EndIsCertain { get; private set; } = true;

    /// <summary>Whether the log was closed cleanly, and the checkpoint is not the one that was written then.</summary>
    public bool LosesCheckpoint { get; }

    /// <summary>The first segment without any proof; null if there is none.</summary>
    public SegmentEntry? FirstUnproven { get; private set; }

    /// <summary>Surveys a partition and decides.</summary>
    /// <param name="files">The file system.</param>
    /// <param name="session">The state in which the last owner left the log.</param>
    /// <param name="manifest">The manifest.</param>
    /// <param name="checkpoint">The checkpoint; null if there is no intact one.</param>
    /// <param name="segments">The segments of the manifest, with their ends.</param>
    /// <param name="cancellation">Ends it.</param>
    public static SalvagePlan Make(
        FileSystem files,
        SessionState session,
        Manifest manifest,
        Checkpoint? checkpoint,
        Segment[] segments,
        CancellationToken cancellation)
    {
        SalvagePlan plan = new(files, session, manifest, checkpoint, segments);
        plan.Survey(cancellation);
        plan.Decide();
        return plan;
    }

    /// <summary>
    /// Leaves out records that an earlier recovery has given up: those of an earlier epoch than the checkpoint, behind
    /// its end.
    /// </summary>
    private Segment[] LeaveOutJudged(Segment[] segments)
    {
        if (_provenIndex < 0 || segments[_provenIndex].Entry.Epoch >= _checkpoint!.Value.Epoch)
        {
            return segments;
        }

        int next = _provenIndex + 1;
        bool goesOn = next < segments.Length && segments[next].Entry.Epoch >= _checkpoint.Value.Epoch;
        return goesOn ? segments : segments[..next];
    }

    private void Survey(CancellationToken cancellation)
    {
        long claimed = -1;
        for (int i = 0; i < _segments.Length; i++)
        {
            if (i == _segments.Length - 1 && _endIsKnown)
            {
                _segments[i].End(_checkpoint!.Value.DurableEndOffset, _checkpoint.Value.DurableEndPosition);
            }

            Segment segment = _segments[i];
            if (!segment.IsEmpty)
            {
                long? end = segment.EndOffset == long.MaxValue ? null : segment.EndOffset;
                _surveys[i] = SalvageSurvey.Run(_files, segment, end, segment.EndPosition, cancellation);
                claimed = Math.Max(claimed, _surveys[i]!.ClaimedEnd);
            }
        }

        // After a clean close, and with a page cache that has survived, all published records must be there. Without a
        // checkpoint a torn tail cannot be distinguished from damage, and readable records behind it are worth more
        // than a log without gaps.
        bool hasAll = _session.Clean || _session.CacheSurvived || _checkpoint is null;
        _expectedEnd = hasAll
            ? long.MaxValue
            : Math.Max(_manifest.LogStartOffset, Math.Max(claimed, _checkpoint!.Value.DurableEndOffset));
        int first = Array.FindLastIndex(_segments, segment => segment.BaseOffset <= Math.Max(claimed, 0));
        FirstUnproven = _segments.Length == 0 ? null : _segments[Math.Max(first, 0)].Entry;
    }

    private void Decide()
    {
        for (int i = 0; i < _segments.Length; i++)
        {
            Segment segment = _segments[i];
            if (_surveys[i] is not { } survey)
            {
                End = new DurablePoint(
                    segment.EndOffset, segment.Entry.Sequence, segment.Entry.Uid, segment.EndPosition);
                continue;
            }

            List<SurveyedPart> gaps = [];
            bool goesOn = TryFindGaps(i, survey, gaps);
            if (i == _provenIndex)
            {
                SplitAtDurableEnd(gaps);
            }

            Count(survey, gaps);
            if (gaps.Count > 0 || (MustBeThere(segment) && IsUnusable(segment, survey)))
            {
                Damaged.Add(new SalvagedSegment(segment, survey, gaps, End.Position));
            }

            if (!goesOn)
            {
                return;
            }
        }
    }

    /// <summary>Finds the gaps of a segment, and its end; false if the log ends within it.</summary>
    private bool TryFindGaps(int index, SalvageSurvey survey, List<SurveyedPart> gaps)
    {
        Segment segment = _segments[index];
        bool isOpen = segment.EndOffset == long.MaxValue;
        foreach (SurveyedPart place in survey.Places)
        {
            bool isLast = place == survey.Places[^1] && place.Position >= survey.LastGood.Position;
            if (isOpen && isLast)
            {
                KeptBytes += survey.KeptBytes;
                EndOpen(index, survey, place, gaps);
                return false;
            }

            if (place.FirstOffset >= _expectedEnd)
            {
                KeptBytes += survey.BytesBefore[survey.Places.IndexOf(place)];
                End = new DurablePoint(
                    place.FirstOffset, segment.Entry.Sequence, segment.Entry.Uid, place.Position);
                return false;
            }

            gaps.Add(place);
        }

        KeptBytes += survey.KeptBytes;
        End = isOpen
            ? new DurablePoint(
                segment.BaseOffset + survey.LastGood.Offset,
                segment.Entry.Sequence,
                segment.Entry.Uid,
                survey.LastGood.Position)
            : new DurablePoint(segment.EndOffset, segment.Entry.Sequence, segment.Entry.Uid, segment.EndPosition);
        return true;
    }

    /// <summary>
    /// An opening after a kill begins to read at the durable end, so that no gap may lie across it: what follows would
    /// not be found.
    /// </summary>
    private void SplitAtDurableEnd(List<SurveyedPart> gaps)
    {
        long position = _checkpoint!.Value.DurableEndPosition;
        int index = gaps.FindIndex(gap => gap.Position < position && position < gap.EndPosition);
        if (index < 0)
        {
            return;
        }

        SurveyedPart gap = gaps[index];
        long offset = Math.Clamp(_checkpoint.Value.DurableEndOffset, gap.FirstOffset, gap.NextOffset);
        SurveyedPart before = gap with { EndPosition = position, NextOffset = offset };
        SurveyedPart behind = gap with { Position = position, FirstOffset = offset };
        if (SalvageWriter.HasRoomForGap(before) && SalvageWriter.HasRoomForGap(behind))
        {
            gaps[index] = before;
            gaps.Insert(index + 1, behind);
        }
    }

    /// <summary>
    /// Ends the log in a segment without a known end: behind the last good frame, or at the durable end if that is
    /// farther. No log ends before its start, which was durable.
    /// </summary>
    private void EndOpen(int index, SalvageSurvey survey, in SurveyedPart place, List<SurveyedPart> gaps)
    {
        SegmentEntry entry = _segments[index].Entry;
        DurablePoint known = new(_manifest.LogStartOffset, 0, 0, place.Position + GapFrame.MinBytes);
        if (index == _provenIndex && _checkpoint!.Value.DurableEndOffset > place.FirstOffset)
        {
            known = new DurablePoint(_checkpoint.Value.DurableEndOffset, 0, 0, _checkpoint.Value.DurableEndPosition);
        }

        if (known.Offset > place.FirstOffset)
        {
            gaps.Add(place with { EndPosition = known.Position, NextOffset = known.Offset });
            End = new DurablePoint(known.Offset, entry.Sequence, entry.Uid, known.Position);
            EndIsCertain = _expectedEnd != long.MaxValue;
            return;
        }

        End = new DurablePoint(place.FirstOffset, entry.Sequence, entry.Uid, place.Position);
        EndIsCertain = _expectedEnd != long.MaxValue || !IsCutOrGoesOn(survey, place.Position);
    }

    private bool MustBeThere(Segment segment) =>
        _expectedEnd == long.MaxValue || segment.BaseOffset < _expectedEnd;

    /// <summary>
    /// Whether an opening would refuse a file although all of its frames are good, or would after one more bad bit.
    /// </summary>
    private bool IsUnusable(Segment segment, SalvageSurvey survey) =>
        !survey.HasWholeHeader
        || survey.Length < End.Position
        || (segment.EndOffset == long.MaxValue && _expectedEnd == long.MaxValue
            && IsCutOrGoesOn(survey, End.Position));

    /// <summary>
    /// Whether there are bytes behind the last good frame, or the room is missing that every append leaves for a seal.
    /// </summary>
    private static bool IsCutOrGoesOn(SalvageSurvey survey, long end) =>
        survey.NextLength != 0 || survey.Length < end + FrameLayout.SealBytes;

    private void Count(SalvageSurvey survey, List<SurveyedPart> gaps)
    {
        long end = End.Offset;
        foreach (OffsetRange kept in survey.Kept)
        {
            KeptRecords += Math.Max(0, Clip(kept, end).Count);
        }

        // For a batch in which the log begins, missing records are not counted.
        KeptRecords -= survey.Sparse.Sum(each => Math.Clamp(Clip(each.Offsets, end).Count, 0, each.Missing));

        survey.Gaps.ForEach(gap => SalvageSurvey.Add(EarlierGaps, Clip(gap, end)));
        gaps.ForEach(gap => SalvageSurvey.Add(Gone, Clip(new OffsetRange(gap.FirstOffset, gap.NextOffset), end)));
    }

    private OffsetRange Clip(OffsetRange range, long end) =>
        new(Math.Max(range.First, _manifest.LogStartOffset), Math.Min(range.End, end));
}

using EmbeddedLog.Diagnostics;
using EmbeddedLog.Files;
using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format;
using EmbeddedLog.Format.Manifests;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Safety;
using EmbeddedLog.Segments.Index;
using EmbeddedLog.Segments.Reading;
using EmbeddedLog.Segments.Writing;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Partitions.Recovery;

/// <summary>
/// Opens a partition. After a clean close the checkpoint has the end, and appends go on there. After any other end only
/// records that were flushed before the checkpoint are trusted. Records above are verified, copied to a new segment,
/// flushed and entered in the manifest, and the old segment is left as it is. FORMAT.md has the steps.
/// </summary>
internal sealed class PartitionRecovery
{
    private readonly SegmentResources _segments;
    private readonly SessionState _session;
    private readonly ILogger _logger;
    private readonly PartitionIdentity _identity;
    private readonly PartitionSettings _settings;
    private readonly PartitionFiles _small;

    /// <summary>When the opening began, by the clock's timestamp.</summary>
    private readonly long _began;

    /// <summary>The names of the files in the partition's directory.</summary>
    private readonly HashSet<string> _names;

    /// <summary>All segments that were made, so that a failed opening leaves none of them mapped.</summary>
    private readonly List<Segment> _made = [];

    private PartitionRecovery(
        SegmentResources segments,
        SessionState session,
        ForeignNames foreign,
        ILogger logger,
        PartitionIdentity identity,
        PartitionSettings settings,
        PartitionFiles small,
        long began)
    {
        _segments = segments;
        _session = session;
        _logger = logger;
        _began = began;
        _identity = identity;
        _settings = settings;
        _small = small;
        FileSystem files = segments.Platform.Files;
        _names = [.. files.ListFiles(identity.Directory)];
        foreign.Note(identity.Directory, _names, OwnNames.IsInPartition);
        foreign.Note(identity.Directory, files.ListDirectories(identity.Directory), OwnNames.IsInPartition);
    }

    /// <summary>Opens a partition, or makes an empty one in its directory, which must exist.</summary>
    /// <exception cref="CorruptLogException">There is damage that no crash can explain.</exception>
    /// <exception cref="UnsupportedFormatException">A newer version wrote it.</exception>
    /// <exception cref="FileSystemException">The file system failed.</exception>
    public static RecoveredPartition Open(
        SegmentResources segments,
        SessionState session,
        ForeignNames foreign,
        ILogger logger,
        PartitionIdentity identity,
        PartitionSettings settings)
    {
        long began = segments.Platform.Time.GetTimestamp();
        FileSystem files = segments.Platform.Files;

        // Also if the cache is another than the last owner's: an interrupted opening in between may have written to it
        // before it became the owner.
        bool isOnDisk = session.Clean;
        ClosedCheck closed = new(identity, session);
        closed.RequireFiles(files);
        CheckpointFile checkpoint = CheckpointFile.Open(
            files, identity.Directory, identity.TopicUid, identity.Id, isOnDisk);
        Manifest? manifest = null;
        PartitionRecovery? recovery = null;
        try
        {
            manifest = Manifest.Open(
                files,
                identity.Directory,
                identity.TopicUid,
                identity.Id,
                isOnDisk,
                isWhole: session.Clean || session.CacheSurvived);
            closed.Run(manifest.LogStartOffset, manifest.Segments, checkpoint.Current, checkpoint.Position);
            PartitionFiles small = new(manifest, checkpoint);
            recovery = new PartitionRecovery(segments, session, foreign, logger, identity, settings, small, began);
            return recovery.Recover();
        }
        catch
        {
            recovery?._made.ForEach(segment => segment.Remove());
            manifest?.Dispose();
            checkpoint.Dispose();
            throw;
        }
    }

    private RecoveredPartition Recover()
    {
        Segment[] segments = ListSegments();
        Checkpoint? checkpoint = _small.Checkpoint.Current;
        bool clean = _session.Clean && (checkpoint?.Clean ?? segments.Length == 0);
        if (_session.Clean && !clean)
        {
            throw FileErrors.Corrupt(
                _identity.Id,
                Path.Combine(_identity.Directory, CheckpointFile.FileName),
                0,
                "the log was closed cleanly but the partition's checkpoint is not the one written then",
                "the last checkpoint",
                checkpoint is null ? "none" : "an earlier one");
        }

        ProvenEnd.CheckBounds(_identity, _small.Manifest, segments, checkpoint);
        UnlistedFiles unlisted = new(_segments, _session, _identity, _names);
        if (!clean)
        {
            return OpenUnclean(segments, checkpoint, unlisted);
        }

        unlisted.CheckThatNoneIsMissed(
            _small.Manifest.NextSequence,
            checkpoint?.Epoch ?? 0,
            checkpoint?.DurableEndOffset ?? _small.Manifest.LogStartOffset);
        unlisted.Delete(_small.Manifest);
        return OpenClean(segments, checkpoint);
    }

    private RecoveredPartition OpenClean(Segment[] segments, Checkpoint? known)
    {
        if (known is not { } checkpoint || segments.Length == 0)
        {
            DurablePoint empty = new(_small.Manifest.LogStartOffset, 0, 0, 0);
            return Result(segments, null, empty, known?.Epoch ?? 0, Report(true, empty.Offset, empty.Offset));
        }

        Segment last = segments[^1];
        if (ProvenEnd.IndexOf(segments, checkpoint) != segments.Length - 1
            || checkpoint.DurableEndPosition < SegmentHeader.PageBytes || checkpoint.DurableEndOffset < last.BaseOffset
            || checkpoint.Epoch < last.Entry.Epoch
            || checkpoint.LogStartOffset != _small.Manifest.LogStartOffset)
        {
            throw FileErrors.Corrupt(
                _identity.Id,
                Path.Combine(_identity.Directory, CheckpointFile.FileName),
                0,
                "checkpoint and manifest disagree",
                $"an end in segment {last.Entry.Sequence} of epoch {last.Entry.Epoch} or later, a start at "
                + $"{_small.Manifest.LogStartOffset}",
                $"one in segment {checkpoint.ActiveSequence}, epoch {checkpoint.Epoch}, one at "
                + $"{checkpoint.LogStartOffset}");
        }

        DurablePoint end = new(
            checkpoint.DurableEndOffset, last.Entry.Sequence, last.Entry.Uid, checkpoint.DurableEndPosition);

        // A segment of an earlier epoch is not continued: a recovery may have left bytes behind its end. A segment
        // whose gaps have used up its offsets is not continued either: an append does not check for a free offset,
        // because records alone fill a segment long before.
        ActiveSegment? active = null;
        bool hasOffsets = end.Offset - last.BaseOffset <= uint.MaxValue - FormatLimits.MaxSegmentBytes;
        if (last.Entry.Epoch == checkpoint.Epoch && hasOffsets)
        {
            active = Reopen(last, end);
        }
        else
        {
            last.End(end.Offset, end.Position);
        }

        int rebuilt = active is not null && last.Index.WasRebuilt ? 1 : 0;
        return Result(segments, active, end, checkpoint.Epoch, Report(true, end.Offset, end.Offset, 0, rebuilt));
    }

    private ActiveSegment Reopen(Segment segment, in DurablePoint end)
    {
        SegmentFactory factory = new(_segments, _identity);
        SegmentWriter writer = factory.Reopen(
            segment, end.Position, _settings.SegmentBytes, _settings.Positional, out SegmentHeader header);
        ReaderSlot slot = _segments.Readers.Rent();
        slot.Enter();
        try
        {
            CleanEndCheck.Check(writer, end);
            SegmentIndex index = segment.Index.Load(end.Offset, end.Position);
            writer.FlushedEnd = end.Position;
            SegmentIndexBuilder builder = new(index, end.Position);
            segment.Index.Set(builder);
            return new ActiveSegment(writer, builder, header.CreatedAt);
        }
        catch
        {
            writer.File.Dispose();
            segment.Remove();
            throw;
        }
        finally
        {
            _segments.Readers.Return(slot);
        }
    }

    private RecoveredPartition OpenUnclean(Segment[] segments, Checkpoint? checkpoint, UnlistedFiles unlisted)
    {
        uint epoch = NextEpochAndSequence.Epoch(_identity, _session, segments, checkpoint);
        DurablePoint proven = new(_small.Manifest.LogStartOffset, 0, 0, 0);
        DurablePoint end = proven;
        long tornBytes = 0;
        int listed = _made.Count;
        if (segments.Length > 0)
        {
            proven = ProvenEnd.Find(_identity, segments, checkpoint, out int first);
            StepBack(segments, checkpoint, ref proven, ref first);
            segments = DropJudged(segments, checkpoint, first, proven);
            using TornTailScan scan = new(_segments.Platform.Files, _session, _identity, _names);
            scan.Walk(segments, first, proven);
            unlisted.CheckThatNoneIsMissed(_small.Manifest.NextSequence, checkpoint?.Epoch ?? 0, scan.EndOffset);
            if (Protections.IsOut(Protection.CopyOnUncleanOpen) && scan.Ranges is [.., var last])
            {
                first = Array.IndexOf(segments, last.Segment);
                proven = new DurablePoint(
                    scan.EndOffset, last.Segment.Entry.Sequence, last.Segment.Entry.Uid, last.To);
            }

            segments = Replace(segments, first, proven, scan);
            end = EndOf(segments, scan.EndOffset);
            tornBytes = scan.TornBytes;
        }
        else
        {
            unlisted.CheckThatNoneIsMissed(_small.Manifest.NextSequence, checkpoint?.Epoch ?? 0, end.Offset);
        }

        WriteCheckpoint(end, epoch);
        unlisted.Delete(_small.Manifest);
        PartitionRecoveryReport report = Report(false, proven.Offset, end.Offset, tornBytes, _made.Count - listed);
        if (report.CopiedRecords > 0 || report.TornBytes > 0)
        {
            StorageLog.Recovered(
                _logger, report.Partition, report.CopiedRecords, report.ProvenOffset, report.TornBytes,
                report.EndOffset, report.RebuiltIndexes, report.Duration);
        }

        return Result(segments, null, end, epoch, report);
    }

    /// <summary>
    /// If the proven end is the beginning of a segment, moves it to the end of the one before, with the checkpoint: the
    /// segment, of which nothing is proven, may be replaced.
    /// </summary>
    private void StepBack(Segment[] segments, Checkpoint? checkpoint, ref DurablePoint proven, ref int first)
    {
        int proved = first;
        while (first > 0 && proven.Position == SegmentHeader.PageBytes)
        {
            Segment before = segments[--first];
            proven = new DurablePoint(proven.Offset, before.Entry.Sequence, before.Entry.Uid, before.EndPosition);
        }

        if (first != proved)
        {
            // In the old epoch, because nothing has been judged yet.
            WriteCheckpoint(proven, checkpoint!.Value.Epoch);
        }
    }

    /// <summary>
    /// Drops the rest of an earlier recovery. That one wrote its checkpoint in a new epoch, so records of earlier
    /// epochs have been judged, and end at the checkpoint's end.
    /// </summary>
    private static Segment[] DropJudged(Segment[] segments, Checkpoint? checkpoint, int first, in DurablePoint proven)
    {
        if (checkpoint is not { } known || segments[first].Entry.Epoch >= known.Epoch)
        {
            return segments;
        }

        segments[first].End(proven.Offset, proven.Position);
        bool goesOn = segments.Length > first + 1 && segments[first + 1].Entry.Epoch >= known.Epoch;
        return goesOn ? segments : segments[..(first + 1)];
    }

    /// <summary>
    /// Writes the recovered end and the new epoch to the disk before any append: no later recovery may expect the
    /// records that this one gave up, or use the epoch for another owner.
    /// </summary>
    private void WriteCheckpoint(in DurablePoint end, uint epoch)
    {
        _small.Manifest.Flush();
        _small.Checkpoint.Write(new Checkpoint(
            0, end.Offset, end.Sequence, end.Uid, end.Position, _small.Manifest.LogStartOffset, epoch, false,
            _segments.Platform.Time.GetUtcNow().ToUnixTimeMilliseconds()));
    }

    /// <summary>
    /// Ends the log at the proven end, puts copies of the other good records behind it, and enters that in the manifest
    /// in one durable step.
    /// </summary>
    private Segment[] Replace(Segment[] segments, int first, in DurablePoint proven, TornTailScan scan)
    {
        if (scan.EndOffset < _small.Manifest.LogStartOffset)
        {
            throw FileErrors.Corrupt(
                _identity.Id, segments[first].Path, proven.Position, "durable records are missing",
                $"records up to offset {_small.Manifest.LogStartOffset} at least", $"up to {scan.EndOffset}",
                scan.EndOffset);
        }

        // A segment of which nothing was proven is dropped; it may not even have a file. The others stay as they are,
        // up to the proven end.
        segments[first].End(proven.Offset, proven.Position);
        int kept = proven.Position > SegmentHeader.PageBytes ? first + 1 : first;
        Array.Resize(ref segments, kept);
        if (scan.EndOffset > proven.Offset)
        {
            uint next = NextEpochAndSequence.Sequence(_small.Manifest, _names);
            TailCopy copy = new(_segments, _identity, _settings, next, segments.LastOrDefault());
            Segment[] copies = copy.Run(scan, proven, _small.Manifest);
            _made.AddRange(copies);
            return [.. segments, .. copies];
        }

        if (_small.Manifest.Segments.Count > kept)
        {
            _small.Manifest.KeepFirstDurably(kept);
        }

        return segments;
    }

    private static DurablePoint EndOf(Segment[] segments, long endOffset) =>
        segments.LastOrDefault() is { } last
            ? new DurablePoint(endOffset, last.Entry.Sequence, last.Entry.Uid, last.EndPosition)
            : new DurablePoint(endOffset, 0, 0, 0);

    private Segment[] ListSegments()
    {
        IReadOnlyList<SegmentEntry> entries = _small.Manifest.Segments;
        Segment[] segments = new Segment[entries.Count];
        for (int i = 0; i < segments.Length; i++)
        {
            segments[i] = new OwnedSegment(_segments, _identity.Id, _identity.Directory, entries[i]);
            _made.Add(segments[i]);
            if (i > 0)
            {
                segments[i - 1].End(entries[i].BaseOffset, entries[i].PredecessorEnd);
            }
        }

        // A missing segment with proven records is damage; recovery judges those without.
        long provenEnd = _small.Checkpoint.Current?.DurableEndOffset ?? 0;
        foreach (Segment segment in segments)
        {
            if (segment.BaseOffset < provenEnd && !segment.IsEmpty && !_names.Contains(Path.GetFileName(segment.Path)))
            {
                throw FileErrors.Corrupt(
                    _identity.Id, segment.Path, 0, "a segment is missing", "a file", "none", segment.BaseOffset);
            }
        }

        return segments;
    }

    private RecoveredPartition Result(
        Segment[] segments, ActiveSegment? active, DurablePoint end, uint epoch, PartitionRecoveryReport report) =>
        new(
            _small,
            new SegmentList(segments),
            active,
            end,
            _small.Manifest.LogStartOffset,
            epoch,
            NextEpochAndSequence.Sequence(_small.Manifest, _names),
            report);

    private PartitionRecoveryReport Report(bool clean, long proven, long end, long tornBytes = 0, int rebuilt = 0) =>
        new(
            _identity.Id,
            clean,
            _small.Manifest.LogStartOffset,
            proven,
            end,
            tornBytes,
            rebuilt,
            _segments.Platform.Time.GetElapsedTime(_began));
}

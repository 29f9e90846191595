using EmbeddedLog.Format;
using EmbeddedLog.IO;

namespace EmbeddedLog.Storage;

/// <summary>
/// Opens a partition. After a clean close the checkpoint tells the end, and appends go on where they ended. After any
/// other end nothing is trusted that was not flushed before the checkpoint: what lies above is verified, copied to a
/// new segment, flushed and entered in the manifest, and the old segment is left as it is. FORMAT.md has the steps.
/// </summary>
internal sealed class PartitionRecovery
{
    private readonly StorageContext _context;
    private readonly PartitionIdentity _identity;
    private readonly PartitionSettings _settings;
    private readonly FileSystem _files;
    private readonly PartitionFiles _small;

    /// <summary>The names of the files in the partition's directory.</summary>
    private readonly HashSet<string> _names;

    private PartitionRecovery(
        StorageContext context, PartitionIdentity identity, PartitionSettings settings, PartitionFiles small)
    {
        _context = context;
        _identity = identity;
        _settings = settings;
        _small = small;
        _files = context.Platform.Files;
        _names = [.. _files.ListFiles(identity.Directory)];
    }

    /// <summary>Opens a partition, or makes an empty one in its directory, which must exist.</summary>
    /// <exception cref="CorruptLogException">Something is damaged that no crash can have damaged.</exception>
    /// <exception cref="UnsupportedFormatException">A newer version wrote it.</exception>
    /// <exception cref="FileSystemException">The file system failed.</exception>
    public static RecoveredPartition Open(
        StorageContext context, PartitionIdentity identity, PartitionSettings settings)
    {
        FileSystem files = context.Platform.Files;
        SessionState session = context.Session;
        bool isOnDisk = session.Clean || !session.CacheSurvived;
        CheckpointFile checkpoint = CheckpointFile.Open(
            files, identity.Directory, identity.TopicUid, identity.Id, isOnDisk);
        Manifest? manifest = null;
        try
        {
            manifest = Manifest.Open(files, identity.Directory, identity.TopicUid, identity.Id, isOnDisk);
            PartitionRecovery recovery = new(context, identity, settings, new PartitionFiles(manifest, checkpoint));
            return recovery.Recover();
        }
        catch
        {
            manifest?.Dispose();
            checkpoint.Dispose();
            throw;
        }
    }

    private RecoveredPartition Recover()
    {
        Segment[] segments = ListSegments();
        Checkpoint? checkpoint = _small.Checkpoint.Current;
        bool clean = _context.Session.Clean && (checkpoint?.Clean ?? segments.Length == 0);
        if (_context.Session.Clean && !clean)
        {
            throw StorageErrors.Corrupt(
                _identity.Id,
                Path.Combine(_identity.Directory, CheckpointFile.FileName),
                0,
                "the log was closed cleanly but the partition's checkpoint is not the one written then",
                "the last checkpoint",
                checkpoint is null ? "none" : "an earlier one");
        }

        RecoveredPartition recovered = clean ? OpenClean(segments, checkpoint) : OpenUnclean(segments, checkpoint);
        DeleteUnlisted();
        return recovered;
    }

    private RecoveredPartition OpenClean(Segment[] segments, Checkpoint? known)
    {
        if (known is not { } checkpoint || segments.Length == 0)
        {
            DurablePoint empty = new(known?.DurableEndOffset ?? 0, 0, 0, 0);
            return Result(
                segments, null, empty, known?.Epoch ?? 0, new PartitionRecoveryReport(true, empty.Offset, 0, 0));
        }

        // What an earlier recovery has left behind may still be listed, until the next segment supersedes it.
        int index = IndexOf(segments, checkpoint);
        if (index >= 0 && segments.Skip(index + 1).All(segment => segment.Entry.Epoch < checkpoint.Epoch))
        {
            Array.Resize(ref segments, index + 1);
        }

        Segment last = segments[^1];
        if (index != segments.Length - 1 || checkpoint.DurableEndPosition < SegmentHeader.PageBytes
            || checkpoint.DurableEndOffset < last.BaseOffset)
        {
            throw StorageErrors.Corrupt(
                _identity.Id,
                Path.Combine(_identity.Directory, CheckpointFile.FileName),
                0,
                "checkpoint and manifest disagree",
                $"an end in segment {last.Entry.Sequence}",
                $"one in segment {checkpoint.ActiveSequence}");
        }

        DurablePoint end = new(
            checkpoint.DurableEndOffset, last.Entry.Sequence, last.Entry.Uid, checkpoint.DurableEndPosition);

        // Behind the end of a segment of an earlier epoch lies what a recovery has left there, so it is not written on.
        ActiveSegment? active = null;
        if (last.Entry.Epoch == checkpoint.Epoch)
        {
            active = Reopen(last, end);
        }
        else
        {
            last.End(end.Offset, end.Position);
        }

        return Result(segments, active, end, checkpoint.Epoch, new PartitionRecoveryReport(true, end.Offset, 0, 0));
    }

    private ActiveSegment Reopen(Segment segment, in DurablePoint end)
    {
        SegmentFactory factory = new(_context, _identity);
        SegmentWriter writer = factory.Reopen(segment, end.Position, _settings, out SegmentHeader header);
        ReaderSlot slot = _context.Readers.Rent();
        slot.Enter();
        try
        {
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
            _context.Readers.Return(slot);
        }
    }

    private RecoveredPartition OpenUnclean(Segment[] segments, Checkpoint? checkpoint)
    {
        uint epoch = NextEpoch(segments, checkpoint);
        if (segments.Length == 0)
        {
            long offset = Math.Max(_small.Manifest.LogStartOffset, checkpoint?.DurableEndOffset ?? 0);
            DurablePoint empty = new(offset, 0, 0, 0);
            WriteCheckpoint(empty, epoch);
            return Result([], null, empty, epoch, new PartitionRecoveryReport(false, offset, 0, 0));
        }

        DurablePoint proven = FindProvenEnd(segments, checkpoint, out int first);
        segments = DropJudged(segments, checkpoint, first, proven);
        using TailScan scan = new(_context, _identity, _names);
        scan.Walk(segments, first, proven);

        // The old segment ends where the proof ends. What follows it, if anything, is in the copies.
        Segment old = segments[first];
        old.End(proven.Offset, proven.Position);
        Array.Resize(ref segments, first + 1);
        DurablePoint end = proven;
        if (scan.EndOffset > proven.Offset)
        {
            TailCopy copy = new(_context, _identity, _settings, NextSequence(), old);
            segments = [.. segments, .. copy.Run(scan.Ranges, proven, _small.Manifest)];
            Segment last = segments[^1];
            end = new DurablePoint(last.EndOffset, last.Entry.Sequence, last.Entry.Uid, last.EndPosition);
        }

        WriteCheckpoint(end, epoch);
        PartitionRecoveryReport report = new(
            false, proven.Offset, end.Offset - proven.Offset, scan.TornBytes);
        if (report.CopiedRecords > 0 || report.TornBytes > 0)
        {
            StorageLog.Recovered(
                _context.Logger, _identity.Id, report.CopiedRecords, proven.Offset, report.TornBytes, end.Offset);
        }

        return Result(segments, null, end, epoch, report);
    }

    /// <summary>
    /// Says on the disk what was recovered, and in which epoch the log goes on, before anything happens in it: no later
    /// recovery may expect what this one gave up, nor give the epoch to another owner.
    /// </summary>
    private void WriteCheckpoint(in DurablePoint end, uint epoch)
    {
        _small.Manifest.Flush();
        _small.Checkpoint.Write(new Checkpoint(
            0, end.Offset, end.Sequence, end.Uid, end.Position, _small.Manifest.LogStartOffset, epoch, false));
    }

    /// <summary>
    /// Drops what an earlier recovery has left behind. It wrote its checkpoint in a new epoch, so whatever is of an
    /// earlier one has been judged: it ends where the checkpoint says, and segments behind it, if they are still listed,
    /// are superseded by the next one that is added.
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

    /// <summary>The place up to which the checkpoint proves the log, and the segment that holds it.</summary>
    private DurablePoint FindProvenEnd(Segment[] segments, Checkpoint? known, out int index)
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

        throw StorageErrors.Corrupt(
            _identity.Id,
            Path.Combine(_identity.Directory, Manifest.FileName),
            0,
            "the manifest lacks the segment that the checkpoint names",
            $"segment {checkpoint.ActiveSequence} with the durable end {checkpoint.DurableEndOffset}",
            $"segments from offset {first.BaseOffset} on");
    }

    private static int IndexOf(Segment[] segments, Checkpoint checkpoint) => Array.FindIndex(
        segments, s => s.Entry.Sequence == checkpoint.ActiveSequence && s.Entry.Uid == checkpoint.ActiveUid);

    private Segment[] ListSegments()
    {
        IReadOnlyList<SegmentEntry> entries = _small.Manifest.Segments;
        Segment[] segments = new Segment[entries.Count];
        for (int i = 0; i < segments.Length; i++)
        {
            segments[i] = new Segment(_context, _identity.Id, _identity.Directory, entries[i]);
            if (i > 0)
            {
                segments[i - 1].End(entries[i].BaseOffset, entries[i].PredecessorEnd);
            }
        }

        // One that is missing while it holds proven records is damage; recovery judges those that do not.
        long provenEnd = _small.Checkpoint.Current?.DurableEndOffset ?? 0;
        foreach (Segment segment in segments)
        {
            bool holdsProven = segment.BaseOffset < Math.Min(provenEnd, segment.EndOffset);
            if (holdsProven && !_names.Contains(Path.GetFileName(segment.Path)))
            {
                throw StorageErrors.Corrupt(
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
            NextSequence(),
            report);

    /// <summary>
    /// An epoch above all that were ever used, so that what was lost is told from what takes its offsets. The files of
    /// the partition alone do not tell: what an owner has written in its epoch may be lost as a whole, while an offset
    /// that a group committed for it is not. The session is on the disk before an owner writes anything.
    /// </summary>
    private uint NextEpoch(Segment[] segments, Checkpoint? checkpoint)
    {
        uint last = Math.Max(checkpoint?.Epoch ?? 0, (uint)Math.Min(_context.Session.Generation, uint.MaxValue - 1));
        foreach (Segment segment in segments)
        {
            last = Math.Max(last, segment.Entry.Epoch);
        }

        return last + 1;
    }

    /// <summary>A sequence above that of every segment that is listed or has left a file.</summary>
    private uint NextSequence()
    {
        uint next = Math.Max(1, _small.Manifest.NextSequence);
        foreach (string name in _names)
        {
            if (SegmentFileName.TryParse(name, out uint sequence))
            {
                next = Math.Max(next, sequence + 1);
            }
        }

        return next;
    }

    /// <summary>
    /// Deletes spares, and segments that a recovery has superseded; the manifest knows nothing of them.
    /// </summary>
    private void DeleteUnlisted()
    {
        HashSet<uint> listed = [.. _small.Manifest.Segments.Select(entry => entry.Sequence)];
        foreach (string name in _names)
        {
            if (SegmentFileName.TryParse(name, out uint sequence) && !listed.Contains(sequence))
            {
                string path = Path.Combine(_identity.Directory, name);
                try
                {
                    _files.DeleteFile(path);
                }
                catch (FileSystemException failure)
                {
                    StorageLog.NotDeleted(_context.Logger, failure, path);
                }
            }
        }
    }
}

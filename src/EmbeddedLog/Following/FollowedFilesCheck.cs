using EmbeddedLog.Files;
using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions.Recovery;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Following;

/// <summary>
/// Checks that the small files of a partition fit together, by the rules of an opening and with the same messages: a
/// manifest or a checkpoint with a loss must not look like a shorter log. See <see cref="PartitionRecovery"/>.
/// </summary>
/// <param name="resources">The objects that all segments share.</param>
/// <param name="identity">The partition.</param>
/// <param name="files">Its small files.</param>
/// <param name="session">How the last owner left the log.</param>
internal sealed class FollowedFilesCheck(
    SegmentResources resources, PartitionIdentity identity, FollowedFiles files, SessionState session)
{
    private readonly Checkpoint? _checkpoint = files.Checkpoint;

    private long Start => files.Manifest.LogStartOffset;

    private string CheckpointPath => Path.Combine(identity.Directory, CheckpointFile.FileName);

    private string ManifestPath => Path.Combine(identity.Directory, Manifest.FileName);

    /// <summary>Checks the small files.</summary>
    /// <param name="segments">The segments that the manifest lists, with their ends.</param>
    /// <exception cref="CorruptLogException">The files do not fit, or were being changed.</exception>
    public void Check(SegmentList segments)
    {
        bool clean = session.Clean;
        new ClosedCheck(identity, session).Run(
            Start, files.Manifest.Segments, _checkpoint, files.CheckpointPosition);
        if (clean && !(_checkpoint?.Clean ?? segments.Count == 0))
        {
            throw FileErrors.Corrupt(
                identity.Id,
                CheckpointPath,
                0,
                "the log was closed cleanly but the partition's checkpoint is not the one written then",
                "the last checkpoint",
                _checkpoint is null ? "none" : "an earlier one");
        }

        CheckBounds(segments);
        if (_checkpoint is not { } known || segments.Count == 0)
        {
            return;
        }

        if (clean)
        {
            CheckCleanEnd(segments, known);
        }
        else if (known.ActiveSequence != 0)
        {
            CheckProvenEnd(segments, known);
        }
    }

    /// <summary>Checks that no segment's file is missing, and that all files with records are listed.</summary>
    /// <param name="segments">The segments that the manifest lists, with their ends.</param>
    /// <param name="end">The end of the log.</param>
    /// <exception cref="CorruptLogException">A file is missing or not listed, or the files were being
    /// changed.</exception>
    public void CheckFiles(SegmentList segments, long end)
    {
        HashSet<string> names = [.. resources.Platform.Files.ListFiles(identity.Directory)];
        foreach (Segment segment in segments.Items)
        {
            if (segment.BaseOffset < _checkpoint?.DurableEndOffset && !segment.IsEmpty
                && !names.Contains(Path.GetFileName(segment.Path)))
            {
                throw FileErrors.Corrupt(
                    identity.Id, segment.Path, 0, "a segment is missing", "a file", "none", segment.BaseOffset);
            }
        }

        new UnlistedFiles(resources, session, identity, names)
            .CheckThatNoneIsMissed(files.Manifest.NextSequence, _checkpoint?.Epoch ?? 0, end);
        if (session.Clean && _checkpoint is { } known && segments.Last is { } last && last.Entry.Epoch == known.Epoch)
        {
            using LogFile file = resources.Platform.Files.OpenFile(last.Path, FileOpening.ReadShared);
            SegmentOpening.Check(file, last, known.DurableEndPosition);
            CleanEndCheck.Check(file, last, known.DurableEndOffset, known.DurableEndPosition);
        }
    }

    private void CheckBounds(SegmentList segments)
    {
        bool lostAll = segments.Count == 0 && _checkpoint?.DurableEndOffset > Start;
        bool lostStart = _checkpoint?.LogStartOffset > Start;
        if (lostAll || lostStart)
        {
            throw FileErrors.Corrupt(
                identity.Id,
                ManifestPath,
                0,
                "the manifest has lost what was in it",
                $"segments up to offset {_checkpoint?.DurableEndOffset}, a start of {_checkpoint?.LogStartOffset}",
                $"{segments.Count} segments, a start of {Start}",
                Start);
        }
    }

    private void CheckCleanEnd(SegmentList segments, in Checkpoint known)
    {
        Segment last = segments.Last!;
        if (last.Entry.Uid != known.ActiveUid || known.DurableEndPosition < SegmentHeader.PageBytes
            || known.DurableEndOffset < last.BaseOffset || known.Epoch < last.Entry.Epoch
            || known.LogStartOffset != Start)
        {
            throw FileErrors.Corrupt(
                identity.Id,
                CheckpointPath,
                0,
                "checkpoint and manifest disagree",
                $"an end in segment {last.Entry.Sequence} of epoch {last.Entry.Epoch} or later, a start at {Start}",
                $"one in segment {known.ActiveSequence}, epoch {known.Epoch}, one at {known.LogStartOffset}");
        }
    }

    private void CheckProvenEnd(SegmentList segments, in Checkpoint known)
    {
        ulong uid = known.ActiveUid;
        int index = Array.FindIndex(segments.Items.ToArray(), segment => segment.Entry.Uid == uid);
        if (index >= 0 && known.DurableEndPosition <= segments.Items[index].EndPosition)
        {
            CheckThatItLiesIn(segments.Items[index], known);
        }
        else if (segments.Items[0].BaseOffset < known.DurableEndOffset)
        {
            throw FileErrors.Corrupt(
                identity.Id,
                ManifestPath,
                0,
                "the manifest lacks the segment that the checkpoint names",
                $"segment {known.ActiveSequence} with the durable end {known.DurableEndOffset}",
                $"segments from offset {segments.Items[0].BaseOffset} on");
        }
    }

    private void CheckThatItLiesIn(Segment segment, in Checkpoint known)
    {
        bool isInFile = known.DurableEndPosition >= SegmentHeader.PageBytes;
        bool isInSegment = known.DurableEndOffset >= segment.BaseOffset
            && known.DurableEndOffset <= segment.EndOffset;
        if (!isInFile || !isInSegment)
        {
            throw FileErrors.Corrupt(
                identity.Id,
                CheckpointPath,
                0,
                "checkpoint and manifest disagree",
                $"a durable end between the offsets {segment.BaseOffset} and {segment.EndOffset}",
                $"{known.DurableEndOffset} at position {known.DurableEndPosition}",
                known.DurableEndOffset);
        }
    }
}

using EmbeddedLog.Diagnostics;
using EmbeddedLog.Files;
using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format;
using EmbeddedLog.Format.Manifests;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions.Recovery;
using EmbeddedLog.Segments.Index;
using EmbeddedLog.Segments.Reading;
using EmbeddedLog.Segments.Writing;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Maintenance.Salvaging;

/// <summary>
/// Makes a damaged partition of a closed log readable again: good records stay, and gaps cover the lost offsets.
/// FORMAT.md has the steps. After a crash at any step the partition is unchanged or salvaged.
/// </summary>
internal sealed class Salvage
{
    private readonly SegmentResources _segments;
    private readonly FoundState _found;
    private readonly SessionState _session;
    private readonly ILogger _logger;
    private readonly PartitionIdentity _identity;
    private readonly CancellationToken _cancellation;
    private readonly FileSystem _files;

    /// <summary>The state of the partition at the last clean close; null if unknown.</summary>
    private readonly ClosedPartition? _closed;

    private Salvage(
        SegmentResources segments,
        FoundState found,
        ILogger logger,
        PartitionIdentity identity,
        CancellationToken cancellation)
    {
        SessionState session = found.Session;
        _found = found;
        _closed = session.Closed?.Find(identity.TopicUid, identity.Id.Partition);
        _segments = segments;
        _session = session;
        _logger = logger;
        _identity = identity;
        _cancellation = cancellation;
        _files = segments.Platform.Files;
    }

    /// <summary>
    /// The state by which the list of segments is judged: a power loss since may have torn what was not flushed.
    /// </summary>
    private SessionState Latest => _found.MayLackList ? _session with { CacheSurvived = false } : _session;

    private string CheckpointPath => Path.Combine(_identity.Directory, CheckpointFile.FileName);

    private string ManifestPath => Path.Combine(_identity.Directory, Manifest.FileName);

    /// <summary>Salvages a partition. The caller owns the log's directory, and the partition is not open.</summary>
    /// <exception cref="CorruptLogException">The manifest is damaged, so the partition's files are unknown.</exception>
    /// <exception cref="UnsupportedFormatException">A newer version of the library wrote it.</exception>
    /// <exception cref="FileSystemException">There is no space, or another failure; the partition is
    /// unchanged.</exception>
    /// <param name="segments">The objects that segments share.</param>
    /// <param name="session">The state in which the last owner left the log.</param>
    /// <param name="logger">Logs the result.</param>
    /// <param name="directory">
    /// The log. If it was closed cleanly, the list of that close must get the partition's new state.
    /// </param>
    /// <param name="identity">The partition.</param>
    /// <param name="cancellation">Cancels before anything was changed.</param>
    public static SalvageReport Run(
        SegmentResources segments,
        SessionState session,
        ILogger logger,
        LogDirectory directory,
        PartitionIdentity identity,
        CancellationToken cancellation)
    {
        FileSystem files = segments.Platform.Files;
        Salvage salvage = new(
            segments, FoundState.Of(files, identity, session), logger, identity, cancellation);
        SalvageReport report = salvage.Run();
        if (session is { Clean: true, Closed: not null } && salvage.Describe() is { } now)
        {
            directory.CorrectClosed(now);
        }

        // Last: whatever fails before, or is cut off, the next opening tells the damage again.
        DamageFile.Remove(files, identity);
        return report;
    }

    private ClosedPartition? Describe()
    {
        using CheckpointFile checkpoint = CheckpointFile.Open(
            _files, _identity.Directory, _identity.TopicUid, _identity.Id, isOnDisk: true);
        using Manifest manifest = Manifest.Open(
            _files, _identity.Directory, _identity.TopicUid, _identity.Id, isOnDisk: true);
        return checkpoint.Current is { } current
            ? ClosedPartition.From(
                _identity.TopicUid,
                _identity.Id.Partition,
                current,
                ClosedPartition.Digest(manifest.LogStartOffset, manifest.Segments))
            : null;
    }

    private SalvageReport Run()
    {
        bool isClean = _session.Clean;
        CheckpointFile? checkpoint = OpenCheckpoint(isClean, out bool isCheckpointDamaged);
        using (checkpoint)
        {
            // The partition's row of the last clean close is a checkpoint too, and counts if it is newer.
            Checkpoint? known = checkpoint?.Current;
            if (_closed is { } row && (known is null || known.Value.Generation < row.CheckpointGeneration))
            {
                known = row.ToCheckpoint();
                isCheckpointDamaged = true;
            }

            if (!_files.FileExists(ManifestPath) && (isCheckpointDamaged || known is not null))
            {
                throw FileErrors.Corrupt(
                    _identity.Id, ManifestPath, 0, "the manifest is missing, which a salvage needs",
                    "a file", "nothing");
            }

            using Manifest manifest = Manifest.Open(
                _files,
                _identity.Directory,
                _identity.TopicUid,
                _identity.Id,
                isClean,
                isWhole: isClean || Latest.CacheSurvived);
            Segment[] segments = List(manifest);
            CheckManifest(manifest, segments, known);
            SalvagePlan plan = SalvagePlan.Make(
                _files, _session, manifest, known, segments, _cancellation);
            if (_found.IsMarked)
            {
                // What an opening would tell by the state in which it was marked, it may not tell by a later one.
                new UnlistedFiles(_segments, Latest, _identity, _files.ListFiles(_identity.Directory))
                    .CheckThatNoneIsMissed(manifest.NextSequence, known?.Epoch ?? 0, plan.End.Offset);
            }

            isCheckpointDamaged |= plan.LosesCheckpoint;
            RemoveBadIndexes(segments);
            if (plan.Damaged.Count == 0 && !isCheckpointDamaged)
            {
                return Report(plan, manifest, null, false);
            }

            string evidence = SalvageEvidence.Keep(
                _files,
                _identity.Directory,
                [
                    .. plan.Damaged.Select(each => each.Segment.Path),
                    ManifestPath,
                    CheckpointPath,
                    Path.Combine(_identity.Directory, DamageFile.FileName),
                ],
                _cancellation);
            Dictionary<ulong, uint> sequences = WriteSegments(plan, manifest);
            if (isCheckpointDamaged)
            {
                ReplaceCheckpoint(plan, manifest, known);
            }

            if (sequences.Count > 0)
            {
                manifest.ReplaceFilesDurably(sequences);
            }

            RemoveReplaced(plan);
            SalvageReport report = Report(plan, manifest, evidence, isCheckpointDamaged);
            MaintenanceLog.Salvaged(
                _logger,
                _identity.Id,
                report.KeptRecords,
                report.Gone.Sum(range => range.Count),
                string.Join(", ", report.Gone.Take(20).Select(range => $"{range.First}-{range.End - 1}")),
                report.ReplacedSegments,
                evidence);
            return report;
        }
    }

    private CheckpointFile? OpenCheckpoint(bool isClean, out bool isDamaged)
    {
        try
        {
            isDamaged = false;
            return CheckpointFile.Open(
                _files, _identity.Directory, _identity.TopicUid, _identity.Id, isClean);
        }
        catch (CorruptLogException)
        {
            isDamaged = true;
            return null;
        }
    }

    private Segment[] List(Manifest manifest)
    {
        Segment[] segments = [.. manifest.Segments.Select(
            entry => new OwnedSegment(_segments, _identity.Id, _identity.Directory, entry))];
        for (int i = 1; i < segments.Length; i++)
        {
            SegmentEntry entry = segments[i].Entry;
            segments[i - 1].End(entry.BaseOffset, entry.PredecessorEnd);
        }

        return segments;
    }

    /// <summary>Without the list of segments it is unknown which files belong to the log.</summary>
    private void CheckManifest(Manifest manifest, Segment[] segments, Checkpoint? checkpoint)
    {
        bool hasLostAll = segments.Length == 0 && checkpoint?.DurableEndOffset > manifest.LogStartOffset;
        bool hasLostSome = checkpoint is { ActiveSequence: not 0 } known
            && known.DurableEndOffset > manifest.LogStartOffset
            && segments.All(segment => segment.Entry.Uid != known.ActiveUid)
            && (segments.Length == 0 || segments[0].BaseOffset < known.DurableEndOffset);
        if (hasLostAll || hasLostSome || checkpoint?.LogStartOffset > manifest.LogStartOffset)
        {
            throw FileErrors.Corrupt(
                _identity.Id,
                ManifestPath,
                0,
                "the manifest has lost segments, which a salvage needs",
                $"segments up to offset {checkpoint?.DurableEndOffset}, a start of {checkpoint?.LogStartOffset}",
                $"{segments.Length} segments, a start of {manifest.LogStartOffset}");
        }
    }

    private Dictionary<ulong, uint> WriteSegments(SalvagePlan plan, Manifest manifest)
    {
        uint next = NextEpochAndSequence.Sequence(manifest, _files.ListFiles(_identity.Directory));
        ThrowIfUsedUp("sequences", next + (long)plan.Damaged.Count, FormatLimits.MaxSequence);
        Dictionary<ulong, uint> sequences = [];
        try
        {
            foreach (SalvagedSegment salvaged in plan.Damaged)
            {
                _cancellation.ThrowIfCancellationRequested();
                uint sequence = next++;
                sequences.Add(salvaged.Segment.Entry.Uid, sequence);
                SalvageWriter.WriteSegment(
                    _files,
                    SegmentFileName.Of(_identity.Directory, sequence),
                    salvaged,
                    HeaderOf(salvaged, sequence),
                    _cancellation);
            }

            _files.SyncDirectory(_identity.Directory);
            return sequences;
        }
        catch
        {
            SegmentFactory factory = new(_segments, _identity);
            foreach (uint sequence in sequences.Values)
            {
                factory.TryDelete(SegmentFileName.Of(_identity.Directory, sequence));
            }

            throw;
        }
    }

    private SegmentHeader HeaderOf(SalvagedSegment salvaged, uint sequence)
    {
        SegmentEntry entry = salvaged.Segment.Entry;
        SegmentHeader header = salvaged.Survey.Header ?? new SegmentHeader(
            SegmentFlags.None,
            entry.Uid,
            _identity.TopicUid,
            _identity.Id.Partition,
            entry.Sequence,
            entry.BaseOffset,
            entry.Epoch,
            entry.PredecessorUid,
            entry.PredecessorEnd,
            _segments.Platform.Time.GetUtcNow().ToUnixTimeMilliseconds());
        return header with { Flags = header.Flags | SegmentFlags.Salvaged, Sequence = sequence };
    }

    /// <summary>
    /// Replaces a damaged checkpoint: if the log was closed cleanly, by one with the end that was found; otherwise by
    /// one that claims no more than the frames prove.
    /// </summary>
    private void ReplaceCheckpoint(SalvagePlan plan, Manifest manifest, Checkpoint? known)
    {
        Checkpoint next = new(0, manifest.LogStartOffset, 0, 0, 0, manifest.LogStartOffset, 0, _session.Clean);
        if (_session.Clean)
        {
            // A new epoch, so that no append goes into a segment whose end was only found by the salvage.
            ulong last = Math.Max(known?.Epoch ?? 0, _session.Generation);
            last = manifest.Segments.Aggregate(last, (epoch, entry) => Math.Max(epoch, entry.Epoch));
            ThrowIfUsedUp("epochs", (long)Math.Min(last, long.MaxValue), FormatLimits.MaxEpoch);
            next = next with
            {
                DurableEndOffset = plan.End.Offset,
                ActiveSequence = plan.End.Sequence,
                ActiveUid = plan.End.Uid,
                DurableEndPosition = plan.End.Position,
                Epoch = (uint)last + 1,
            };
        }
        else if (_closed is { } row && row.ToCheckpoint() == known)
        {
            next = known.Value with { Clean = false };
        }
        else if (plan.FirstUnproven is { } first)
        {
            next = next with
            {
                DurableEndOffset = first.BaseOffset,
                ActiveSequence = first.Sequence,
                ActiveUid = first.Uid,
                DurableEndPosition = SegmentHeader.PageBytes,
                Epoch = first.Epoch,
            };
        }

        // Above every generation of the partition: the one in the list of a clean close must not be newer.
        ulong generation = Math.Max(known?.Generation ?? 0, _closed?.CheckpointGeneration ?? 0) + 1;
        Span<byte> page = stackalloc byte[TwoSlotPage.Bytes];
        page.Clear();
        (next with { WrittenAt = _segments.Platform.Time.GetUtcNow().ToUnixTimeMilliseconds() })
            .WriteFields(page, _identity.TopicUid, _identity.Id.Partition);
        TwoSlotFile.CreateAt(_files, CheckpointPath, Checkpoint.Magic, page, generation);
    }

    /// <summary>Derived files are made again when they are needed.</summary>
    private void RemoveBadIndexes(Segment[] segments)
    {
        SegmentFactory factory = new(_segments, _identity);
        foreach (Segment segment in segments)
        {
            if (!segment.IsEmpty && segment.EndPosition <= uint.MaxValue && _files.FileExists(segment.IndexPath)
                && SegmentIndex.TryLoad(
                    _files, segment.IndexPath, segment.Entry.Uid, (uint)segment.EndPosition) is null)
            {
                factory.TryDelete(segment.IndexPath);
            }
        }
    }

    /// <summary>An opening would remove them as well, so a failure here is left to it.</summary>
    private void RemoveReplaced(SalvagePlan plan)
    {
        SegmentFactory factory = new(_segments, _identity);
        foreach (SalvagedSegment salvaged in plan.Damaged)
        {
            factory.TryDelete(salvaged.Segment.Path);
            factory.TryDelete(salvaged.Segment.IndexPath);
        }
    }

    private void ThrowIfUsedUp(string what, long last, long limit)
    {
        if (last >= limit)
        {
            throw FileErrors.Corrupt(
                _identity.Id, ManifestPath, 0, $"manifest, checkpoint or session have used up all {what}",
                $"fewer than {limit}", $"{last}");
        }
    }

    private SalvageReport Report(SalvagePlan plan, Manifest manifest, string? evidence, bool hasNewCheckpoint) =>
        new(_identity.Id, plan.Gone, plan.EarlierGaps)
        {
            StartOffset = manifest.LogStartOffset,
            EndOffset = plan.End.Offset,
            EndIsCertain = plan.EndIsCertain && !_found.MayLackTail,
            KeptRecords = plan.KeptRecords,
            KeptBytes = plan.KeptBytes,
            ReplacedSegments = plan.Damaged.Count,
            HasNewCheckpoint = hasNewCheckpoint,
            EvidenceDirectory = evidence,
        };
}

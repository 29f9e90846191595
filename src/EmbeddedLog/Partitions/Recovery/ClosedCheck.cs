using EmbeddedLog.Files;
using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format;
using EmbeddedLog.Format.Manifests;
using EmbeddedLog.IO;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Partitions.Recovery;

/// <summary>
/// Checks that a partition's files belong to the same moment as the rest of the log: after a clean close they are those
/// of its list; after any other end they are not older.
/// </summary>
internal readonly struct ClosedCheck
{
    private readonly PartitionIdentity _identity;
    private readonly SessionState _session;
    private readonly ClosedPartition? _row;

    public ClosedCheck(PartitionIdentity identity, SessionState session)
    {
        _identity = identity;
        _session = session;
        _row = session.Closed?.Find(identity.TopicUid, identity.Id.Partition);
    }

    private string Close => $"the clean close of {UnixTime.ToText(_session.Closed!.ClosedAt)}";

    /// <summary>Checks that the files in the list exist, before a missing one is made.</summary>
    /// <exception cref="CorruptLogException">One is missing, or the list does not have the partition.</exception>
    public void RequireFiles(FileSystem files)
    {
        if (_session is { Clean: true, Closed: not null } && _row is null)
        {
            throw FileErrors.Corrupt(
                _identity.Id,
                _identity.Directory,
                0,
                $"it was not there at {Close}, so that its directory is from another moment or log",
                "no such partition",
                $"a directory of topic {_identity.TopicUid:x16}");
        }

        if (_row is { } row)
        {
            Require(files, Manifest.FileName, $"the manifest of {Close}");
            Require(files, CheckpointFile.FileName, $"the checkpoint of {Close}, or a later one, with {Tell(row)}");
        }
    }

    /// <summary>Checks the contents of the files.</summary>
    /// <param name="logStart">The manifest's log start.</param>
    /// <param name="segments">The manifest's segments.</param>
    /// <param name="current">The checkpoint.</param>
    /// <param name="position">Its position in the file.</param>
    /// <exception cref="CorruptLogException">They are of another moment.</exception>
    public void Run(long logStart, IReadOnlyList<SegmentEntry> segments, Checkpoint? current, long position)
    {
        if (_row is not { } row || current is not { } checkpoint)
        {
            return;
        }

        // A later checkpoint has at least the durable end of an earlier one: that end never moves back.
        bool isSame = checkpoint with { WrittenAt = 0 } == row.ToCheckpoint();
        bool isLater = checkpoint.Generation > row.CheckpointGeneration
            && checkpoint.DurableEndOffset >= row.EndOffset && checkpoint.LogStartOffset >= row.LogStartOffset;
        if (!isSame && (_session.Clean || !isLater))
        {
            string order = checkpoint.Generation < row.CheckpointGeneration ? "older" : "another";
            throw FileErrors.Corrupt(
                _identity.Id,
                Path.Combine(_identity.Directory, CheckpointFile.FileName),
                position,
                $"the checkpoint is {order} than that of {Close}: its newest page is damaged, or it was put back",
                $"{(_session.Clean ? "" : "at least ")}generation {row.CheckpointGeneration}, with {Tell(row)}",
                $"generation {checkpoint.Generation} of {UnixTime.ToText(checkpoint.WrittenAt)}, with an end of "
                + $"{checkpoint.DurableEndOffset} and a start of {checkpoint.LogStartOffset}",
                checkpoint.DurableEndOffset);
        }

        bool isListed = _session.Clean
            ? ClosedPartition.Digest(logStart, segments) == row.ManifestDigest
            : logStart >= row.LogStartOffset;
        if (!isListed)
        {
            throw FileErrors.Corrupt(
                _identity.Id,
                Path.Combine(_identity.Directory, Manifest.FileName),
                0,
                $"the manifest is another than that of {Close}: it was put back, or has lost what was in it",
                Tell(row),
                $"{segments.Count} segments, the last {LastOf(segments)}, and a start of "
                + $"{logStart}",
                logStart);
        }
    }

    private void Require(FileSystem files, string name, string expected)
    {
        string path = Path.Combine(_identity.Directory, name);
        if (!files.FileExists(path))
        {
            throw FileErrors.Corrupt(_identity.Id, path, 0, "a file is missing", expected, "no file");
        }
    }

    private static string Tell(in ClosedPartition row) =>
        $"an end of {row.EndOffset} in segment {row.ActiveSequence} and a start of {row.LogStartOffset}";

    private static string LastOf(IReadOnlyList<SegmentEntry> segments) =>
        segments is [.., var last] ? $"{last.Sequence} from offset {last.BaseOffset} on" : "none";
}

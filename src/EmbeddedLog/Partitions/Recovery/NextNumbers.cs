using EmbeddedLog.Files;
using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Partitions.Recovery;

/// <summary>The numbers that a partition goes on with, none of which was ever used.</summary>
internal static class NextNumbers
{
    /// <summary>
    /// An epoch above all that were ever used, so that what was lost is told from what takes its offsets. The files of
    /// the partition alone do not tell: what an owner has written in its epoch may be lost as a whole, while an offset
    /// that a group committed for it is not. The session is on the disk before an owner writes anything.
    /// </summary>
    public static uint Epoch(
        PartitionIdentity identity, SessionState session, Segment[] segments, Checkpoint? checkpoint)
    {
        uint last = Math.Max(checkpoint?.Epoch ?? 0, (uint)session.Generation);
        foreach (Segment segment in segments)
        {
            last = Math.Max(last, segment.Entry.Epoch);
        }

        return last < FormatLimits.MaxEpoch
            ? last + 1
            : throw FileErrors.Corrupt(
                identity.Id,
                Path.Combine(identity.Directory, Manifest.FileName),
                0,
                "checkpoint, manifest or session have used up all epochs",
                $"at most {FormatLimits.MaxEpoch - 1}",
                $"{last}");
    }

    /// <summary>
    /// A sequence above that of every segment that is listed or has left a file. What the log leaves unlisted is near
    /// the last of its numbers; a file with one far above, which somebody planted, does not use up those between.
    /// </summary>
    public static uint Sequence(Manifest manifest, IEnumerable<string> names)
    {
        uint first = Math.Max(1, manifest.NextSequence);
        uint next = first;
        foreach (string name in names)
        {
            if (SegmentFileName.TryParse(name, out uint sequence)
                && sequence <= first + (long)ManifestState.MaxSegments)
            {
                next = Math.Max(next, sequence + 1);
            }
        }

        return next;
    }
}

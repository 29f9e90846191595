using EmbeddedLog.Files;
using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Partitions.Recovery;

/// <summary>The numbers that a partition goes on with, none of which was ever used.</summary>
internal static class NextEpochAndSequence
{
    /// <summary>
    /// An epoch above all used ones, which distinguishes lost records from new ones at their offsets. The partition's
    /// files are not enough: all records of an owner's epoch may be lost, but not an offset that a group committed in
    /// it. The session is on the disk before an owner writes anything.
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
    /// A sequence above those of all listed segments and all left files. Unlisted files of the log have numbers near
    /// the last one. A planted file with a number far above does not use up the numbers in between.
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

using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Format.Manifests;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Following;

/// <summary>Makes the segments of a manifest, and keeps those that exist already.</summary>
internal static class FollowedSegments
{
    /// <summary>The segments of a manifest, with their ends; the present list if it has the same ones.</summary>
    public static SegmentList Make(ManifestState manifest, SegmentList present, Func<SegmentEntry, Segment> make)
    {
        Dictionary<ulong, Segment> known = [];
        foreach (Segment segment in present.Items)
        {
            known[segment.Entry.Uid] = segment;
        }

        IReadOnlyList<SegmentEntry> entries = manifest.Segments;
        Segment[] segments = new Segment[entries.Count];
        bool same = segments.Length == present.Count;
        for (int i = 0; i < segments.Length; i++)
        {
            segments[i] = known.TryGetValue(entries[i].Uid, out Segment? old) && old.Entry == entries[i]
                ? old
                : make(entries[i]);
            same = same && segments[i] == present.Items[i];
            if (i > 0)
            {
                SetEnd(segments[i - 1], entries[i].BaseOffset, entries[i].PredecessorEnd);
            }
        }

        return same ? present : new SegmentList(segments);
    }

    /// <summary>Removes the segments that are no longer listed.</summary>
    public static void RemoveMissing(SegmentList old, SegmentList present)
    {
        if (old == present)
        {
            return;
        }

        HashSet<Segment> listed = [.. present.Items];
        foreach (Segment segment in old.Items)
        {
            if (!listed.Contains(segment))
            {
                segment.Remove();
            }
        }
    }

    /// <summary>
    /// The bytes of segments; for the last one up to the last entry of its sparse index, which is a few kilobytes too
    /// low.
    /// </summary>
    public static long Measure(SegmentList segments, long end, ReaderEpochs readers)
    {
        long bytes = 0;
        ReaderSlot slot = readers.Rent();
        slot.Enter();
        try
        {
            foreach (Segment segment in segments.Items)
            {
                bytes += segment.EndPosition != long.MaxValue
                    ? segment.EndPosition
                    : segment.GetIndexUpTo(end).Entries is [.., var last] ? last.Position : SegmentHeader.PageBytes;
            }

            return bytes;
        }
        finally
        {
            readers.Return(slot);
        }
    }

    /// <summary>
    /// Ends a segment at its end in the manifest. That may be before an earlier end, if a recovery has replaced the
    /// rest by copies.
    /// </summary>
    private static void SetEnd(Segment segment, long offset, long position)
    {
        if (segment.EndOffset != offset || segment.EndPosition != position)
        {
            segment.End(offset, position);
            segment.DropIndex();
        }
    }
}

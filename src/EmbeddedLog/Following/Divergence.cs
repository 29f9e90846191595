using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Following;

/// <summary>Finds which records of a follower are still the same.</summary>
internal static class Divergence
{
    /// <summary>
    /// The first offset below <paramref name="oldEnd"/> whose record was taken back; <see cref="long.MaxValue"/> if
    /// none was. Offset and epoch identify a record: each owner that did not find the log closed appends in an epoch of
    /// its own, and a record that a recovery copies keeps its epoch.
    /// </summary>
    /// <param name="old">The segments that the follower read.</param>
    /// <param name="oldEnd">How far it could read.</param>
    /// <param name="present">The segments as they are now.</param>
    /// <param name="presentEnd">The log's end now.</param>
    public static long Find(SegmentList old, long oldEnd, SegmentList present, long presentEnd)
    {
        if (old.Count == 0 || oldEnd <= old.Items[0].BaseOffset)
        {
            return long.MaxValue;
        }

        // Records that retention has removed meanwhile were not taken back.
        long offset = present.Count == 0
            ? Math.Max(old.Items[0].BaseOffset, presentEnd)
            : Math.Max(old.Items[0].BaseOffset, present.Items[0].BaseOffset);
        while (offset < oldEnd)
        {
            if (offset >= presentEnd
                || EpochAt(old, offset, out long oldNext) != EpochAt(present, offset, out long next))
            {
                return offset;
            }

            offset = Math.Min(Math.Min(oldNext, next), presentEnd);
        }

        return long.MaxValue;
    }

    /// <summary>The epoch of an offset in the list, and the offset at which the next segment begins.</summary>
    private static uint EpochAt(SegmentList segments, long offset, out long next)
    {
        int low = 0;
        int high = segments.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            (low, high) = segments.Items[middle].BaseOffset <= offset ? (middle + 1, high) : (low, middle);
        }

        next = low < segments.Count ? segments.Items[low].BaseOffset : long.MaxValue;
        return segments.Items[low - 1].Entry.Epoch;
    }
}

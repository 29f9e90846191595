using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Partitions.Reading;

/// <summary>
/// Finds the first record at or after a time, by the time index of the first segment that can hold it.
/// </summary>
internal static class TimestampSearch
{
    /// <summary>The offset of the first record with a timestamp of at least the given one, or null.</summary>
    public static long? Find(ReadablePartition log, long timestamp)
    {
        ReaderSlot slot = log.Readers.Rent();
        try
        {
            // The slot is entered for each segment anew, so that a long search does not keep everything mapped.
            foreach (Segment segment in log.Segments.Items)
            {
                if (segment.IsEmpty)
                {
                    continue;
                }

                slot.Enter();
                bool candidate = segment.Index.MaxTimestampAtLeast(timestamp);
                slot.Exit();
                if (candidate && TryFindIn(log, segment, timestamp) is { } offset)
                {
                    return offset;
                }
            }

            return null;
        }
        finally
        {
            log.Readers.Return(slot);
        }
    }

    private static long? TryFindIn(ReadablePartition log, Segment segment, long timestamp)
    {
        try
        {
            return FindIn(log, segment, timestamp);
        }
        catch (OffsetUnavailableException)
        {
            // Retention has removed the segment since the list was read; the later ones have the rest.
            return null;
        }
    }

    private static long? FindIn(ReadablePartition log, Segment segment, long timestamp)
    {
        int truncations = log.Truncations;
        long start = Math.Max(segment.BaseOffset, log.StartOffset);
        using PartitionScan scan = new(log, ScanPosition.At(start), truncations);
        scan.SkipTo(segment, timestamp);
        while (scan.Offset < segment.EndOffset && scan.TryRead(out RecordView record))
        {
            if (record.Timestamp >= timestamp)
            {
                return record.Offset;
            }
        }

        return null;
    }
}

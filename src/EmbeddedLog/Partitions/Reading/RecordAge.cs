namespace EmbeddedLog.Partitions.Reading;

/// <summary>How long records wait to be read.</summary>
internal static class RecordAge
{
    /// <summary>
    /// How long ago the first record from an offset on was made, by its timestamp; zero if there is none before the
    /// end, and null if it cannot be read.
    /// </summary>
    /// <param name="partition">The partition.</param>
    /// <param name="next">The offset.</param>
    /// <param name="end">The offset behind the last record.</param>
    /// <param name="now">The time.</param>
    public static TimeSpan? Find(ReadablePartition partition, long next, long end, DateTimeOffset now)
    {
        if (next >= end)
        {
            return TimeSpan.Zero;
        }

        try
        {
            using PartitionScan scan = partition.Scan(Math.Max(next, partition.StartOffset));
            if (!scan.TryRead(out RecordView record))
            {
                return null;
            }

            TimeSpan ago = now - DateTimeOffset.FromUnixTimeMilliseconds(record.Timestamp);
            return ago < TimeSpan.Zero ? TimeSpan.Zero : ago;
        }
        catch (EmbeddedLogException)
        {
            return null;
        }
    }
}

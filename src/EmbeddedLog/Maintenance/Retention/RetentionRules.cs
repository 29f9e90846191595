using EmbeddedLog.Partitions;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Maintenance.Retention;

/// <summary>
/// Kafka's rules of retention: whole segments go, oldest first, up to the first one that stays. By age a segment goes
/// when its greatest timestamp is older than the limit; by size while the rest is at least the limit.
/// </summary>
internal static class RetentionRules
{
    /// <summary>Applies a partition's policy.</summary>
    /// <returns>How many segments were removed.</returns>
    public static int Apply(PartitionLog log, long now)
    {
        long start = FindStart(log, now);
        return start > log.StartOffset ? log.DeleteBefore(start) : 0;
    }

    /// <summary>
    /// Applies a partition's policy to everything that is due, and waits for the flush of records that are not durable
    /// yet.
    /// </summary>
    public static async ValueTask ApplyAsync(PartitionLog log, long now, CancellationToken cancellationToken)
    {
        long start = FindStart(log, now);
        if (start <= log.StartOffset)
        {
            return;
        }

        if (start > log.DurableEnd)
        {
            // The start never passes the durable end. Without this flush the result would depend on whether this round
            // or the background flush came first.
            await log.FlushAssuredAsync(start, cancellationToken).ConfigureAwait(false);
        }

        log.DeleteBefore(start);
    }

    private static long FindStart(PartitionLog log, long now)
    {
        RetentionPolicy policy = log.Settings.Retention;

        // An active segment whose records have all expired is ended first, so that it can go like the others.
        if (policy.MaxAge is { } age && log.Segments.Last is { } last && IsExpired(log, last, now, age))
        {
            log.Writer.Roll(log.Settings, now);
        }

        long start = log.StartOffset;
        SegmentList segments = log.Segments;
        long size = log.SizeBytes;
        foreach (Segment segment in segments.Items)
        {
            // The newest segment always stays: it says at which offset the log goes on.
            if (segment == segments.Last || !IsDue(log, segment, policy, now, size))
            {
                break;
            }

            size -= segment.EndPosition;
            start = segment.EndOffset;
        }

        return start;
    }

    private static bool IsDue(PartitionLog log, Segment segment, RetentionPolicy policy, long now, long size)
    {
        bool tooMuch = policy.MaxBytesPerPartition is { } limit && size - segment.EndPosition >= limit;
        return tooMuch || (policy.MaxAge is { } age && IsExpired(log, segment, now, age));
    }

    private static bool IsExpired(PartitionLog log, Segment segment, long now, TimeSpan age)
    {
        ReaderSlot slot = log.Readers.Rent();
        slot.Enter();
        try
        {
            long newest = segment.Index.LatestTimestamp();
            return newest != long.MinValue
                ? now - newest > age.TotalMilliseconds
                : segment.EndOffset != long.MaxValue;
        }
        finally
        {
            log.Readers.Return(slot);
        }
    }
}

using EmbeddedLog.Diagnostics;
using EmbeddedLog.Partitions.Reading;
using EmbeddedLog.Partitions.State;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Consuming.Positions;

/// <summary>Finds the position in a partition for a policy.</summary>
internal static class StartPosition
{
    /// <summary>The offset that a policy gives now, always one that the partition holds, or its end.</summary>
    /// <exception cref="OffsetUnavailableException">The policy is an error.</exception>
    public static long Find(ReadablePartition log, StartPolicy start) => start switch
    {
        { Offset: { } offset } => Nearest(log, offset),
        { Time: { } time } => FindTime(log, time),
        { At: StartAt.Latest } => log.PublishedEnd,
        { IsError: true } => throw ConsumerErrors.NothingCommitted(log.Id),
        _ => log.StartOffset,
    };

    /// <summary>The first record at or after a time, or the end if there is none.</summary>
    public static long FindTime(ReadablePartition log, DateTimeOffset timestamp)
    {
        // The end is read first: a record appended during the search may be one to read.
        long end = log.PublishedEnd;
        return TimestampSearch.Find(log, timestamp.ToUnixTimeMilliseconds()) ?? end;
    }

    /// <summary>
    /// The new position if the old one is not in the partition: removed by retention, or beyond the end.
    /// </summary>
    /// <exception cref="OffsetUnavailableException">The policy is an error.</exception>
    public static long Reset(ReadablePartition log, long position, StartPolicy policy, ILogger logger)
    {
        long start = log.StartOffset;
        long end = log.PublishedEnd;
        if (position >= start && position <= end)
        {
            // Records were appended since the check.
            return position;
        }

        if (policy.IsError)
        {
            throw PartitionErrors.OutOfRange(log.Id, position, start, end);
        }

        long found = Find(log, policy);
        if (position < start)
        {
            ConsumerLog.Skipped(logger, log.Id, position, start, found, found - position);
        }
        else
        {
            ConsumerLog.BeyondEnd(logger, log.Id, position, end, found);
        }

        return found;
    }

    private static long Nearest(ReadablePartition log, long offset)
    {
        // The start never passes an end that is read after it.
        long start = log.StartOffset;
        return Math.Clamp(offset, start, log.PublishedEnd);
    }
}

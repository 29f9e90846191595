namespace EmbeddedLog.Consuming.Positions;

/// <summary>Why nothing could be read at a cursor's position, and when to try again.</summary>
/// <param name="Failure">The last failure there.</param>
/// <param name="Attempts">How many attempts have failed.</param>
/// <param name="RetryAt">The time stamp from which on the next attempt is due.</param>
internal sealed record PartitionTrouble(EmbeddedLogException Failure, int Attempts, long RetryAt)
{
    /// <summary>The pause before the second attempt.</summary>
    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest pause.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(30);

    /// <summary>The trouble after one more attempt has failed.</summary>
    /// <param name="before">The trouble until now, or null.</param>
    /// <param name="failure">What the attempt has failed with.</param>
    /// <param name="time">The clock.</param>
    public static PartitionTrouble After(PartitionTrouble? before, EmbeddedLogException failure, TimeProvider time)
    {
        int attempts = (before?.Attempts ?? 0) + 1;

        // Ten doublings are beyond the longest pause already.
        TimeSpan pause = s_first * (1 << Math.Min(attempts - 1, 10));
        pause = pause < s_longest ? pause : s_longest;
        long ticks = (long)(pause.TotalSeconds * time.TimestampFrequency);
        return new PartitionTrouble(failure, attempts, time.GetTimestamp() + ticks);
    }

    /// <summary>
    /// Whether a failure is of the partition, or its topic, alone, so that others may be read. Records that were taken
    /// back are none: the position has moved to where they were.
    /// </summary>
    public static bool IsOfPartition(EmbeddedLogException failure) => failure is not LogTruncatedException;
}

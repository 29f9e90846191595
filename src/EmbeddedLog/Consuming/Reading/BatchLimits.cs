using EmbeddedLog.Consuming.Positions;

namespace EmbeddedLog.Consuming.Reading;

/// <summary>How large a batch gets, and how long it waits for that.</summary>
/// <param name="MaxRecords">The most records.</param>
/// <param name="MaxBytes">About the most bytes.</param>
/// <param name="WaitTicks">
/// How long after its first record was found it is handed out as it is, in ticks of the clock's time stamps.
/// </param>
internal sealed record BatchLimits(int MaxRecords, long MaxBytes, long WaitTicks)
{
    /// <summary>
    /// Whether a batch waits for more. What is there when one wait is over makes all its batches without another wait,
    /// so that a backlog is read at full speed. Only for the reader.
    /// </summary>
    /// <param name="cursor">The partition.</param>
    /// <param name="from">The offset of the first record.</param>
    /// <param name="end">The offset behind the last record there is.</param>
    /// <param name="now">The time stamp of now.</param>
    public bool MustWait(PartitionCursor cursor, long from, long end, long now)
    {
        BatchFilling filling = cursor.Filling;
        if (WaitTicks == 0 || from < filling.ReadyTo || end - from >= MaxRecords)
        {
            return false;
        }

        if (!filling.IsAt(from))
        {
            cursor.Filling = new BatchFilling(from, DueAt: now + WaitTicks, ReadyTo: from);
            return true;
        }

        if (now < filling.DueAt)
        {
            return true;
        }

        cursor.Filling = new BatchFilling(From: -1, DueAt: 0, ReadyTo: end);
        return false;
    }
}

namespace EmbeddedLog.Consuming.Positions;

/// <summary>The reader's next fetch.</summary>
/// <param name="Cursor">The partition.</param>
/// <param name="Version">The cursor's version: if it has changed after the fetch, the records are not used.</param>
/// <param name="From">The offset of the first record.</param>
/// <param name="Limit">The offset after the last record to read.</param>
/// <param name="Truncations">The number of the partition's truncations for which the position was checked.</param>
/// <param name="IsKept">Whether the reader has the records in memory because they were returned before.</param>
internal readonly record struct FetchPlan(
    PartitionCursor Cursor, int Version, long From, long Limit, int Truncations, bool IsKept);

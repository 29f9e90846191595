namespace EmbeddedLog.Consuming.Positions;

/// <summary>What the reader reads next.</summary>
/// <param name="Cursor">The partition.</param>
/// <param name="Version">The cursor's version: if it has changed when the records are read, they are of no use.</param>
/// <param name="From">The offset of the first record.</param>
/// <param name="Limit">The offset behind the last record to read.</param>
/// <param name="Truncations">The truncations of the partition that the position has been judged by.</param>
/// <param name="IsKept">Whether the reader has the records in memory, for they were handed out before.</param>
internal readonly record struct FetchPlan(
    PartitionCursor Cursor, int Version, long From, long Limit, int Truncations, bool IsKept);

using System.Runtime.ExceptionServices;

namespace EmbeddedLog.Consuming.Positions;

/// <summary>A partition of which it is not known where to read, as it was found under the gate.</summary>
/// <param name="Cursor">The cursor.</param>
/// <param name="Version">The cursor's version then.</param>
/// <param name="IsRetry">Whether it was in trouble already.</param>
/// <param name="Failure">What the partition has failed with; null where only the position is to be found.</param>
internal readonly record struct LostPartition(
    PartitionCursor Cursor, int Version, bool IsRetry, ExceptionDispatchInfo? Failure)
{
    /// <summary>Notes a cursor, if there is one. Under the gate.</summary>
    public static LostPartition? Of(PartitionCursor? cursor, EmbeddedLogException? failure = null) =>
        cursor is null
            ? null
            : new LostPartition(
                cursor,
                cursor.Version,
                cursor.Trouble is not null,
                failure is null ? null : ExceptionDispatchInfo.Capture(failure));
}

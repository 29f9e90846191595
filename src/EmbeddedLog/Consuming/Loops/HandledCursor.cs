using EmbeddedLog.Consuming.Positions;
using EmbeddedLog.Handling;

namespace EmbeddedLog.Consuming.Loops;

/// <summary>The position of a consumer in a partition whose records are handled.</summary>
/// <param name="cursor">The position.</param>
/// <param name="positions">All positions of the consumer.</param>
/// <param name="committer">Commits by interval; null without a group.</param>
internal sealed class HandledCursor(PartitionCursor cursor, PositionSet positions, OffsetCommitter? committer)
    : IHandledPosition
{
    /// <summary>The position.</summary>
    public PartitionCursor Cursor => cursor;

    /// <inheritdoc/>
    public TopicPartition Id => cursor.Log.Id;

    /// <inheritdoc/>
    public bool IsCurrent(int version) => cursor.Version == version && !cursor.Hold.IsOver;

    /// <inheritdoc/>
    public void Finish(int version, long offset)
    {
        lock (positions.Gate)
        {
            if (cursor.Version == version && cursor.Finish(offset))
            {
                committer?.NoteFinished();
                positions.Waits.Wake();
            }
        }
    }
}

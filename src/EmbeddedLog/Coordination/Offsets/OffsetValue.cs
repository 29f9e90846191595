using EmbeddedLog.Validation;

namespace EmbeddedLog.Coordination.Offsets;

/// <summary>A committed offset as stored.</summary>
/// <param name="Offset">The offset of the next record to read.</param>
/// <param name="Epoch">The partition's epoch when the commit was made.</param>
/// <param name="CommittedAt">When that was, in Unix milliseconds.</param>
/// <param name="Metadata">The text given with the commit, or null.</param>
internal readonly record struct OffsetValue(long Offset, uint Epoch, long CommittedAt, string? Metadata)
{
    /// <summary>The value as users see it.</summary>
    public CommittedOffset ToPublic(TopicPartition partition) =>
        new(new NextOffset(partition, Offset), Metadata, UnixTime.ToDateTimeOffset(CommittedAt));
}

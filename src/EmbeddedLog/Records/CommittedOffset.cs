namespace EmbeddedLog;

/// <summary>What a group has committed in a partition; as Kafka's <c>OffsetAndMetadata</c>.</summary>
/// <param name="Offset">The offset of the next record to read.</param>
/// <param name="Metadata">
/// What was given with the commit, or null. Also null where records below the committed offset were lost with the power
/// and the offset was lowered to those that are left: what was said of the one does not hold for the other.
/// </param>
/// <param name="Timestamp">When the commit was made.</param>
public readonly record struct CommittedOffset(long Offset, string? Metadata, DateTimeOffset Timestamp);

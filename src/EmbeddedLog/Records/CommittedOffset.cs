namespace EmbeddedLog;

/// <summary>What a group has committed in a partition; as Kafka's <c>OffsetAndMetadata</c>.</summary>
/// <param name="Next">The partition, and the offset of the next record to read.</param>
/// <param name="Metadata">
/// What was given with the commit, or null. Also null where records below the committed offset were lost with the power
/// and the offset was lowered to those that are left: what was said of the one does not hold for the other.
/// </param>
/// <param name="Timestamp">
/// When the commit was made, to the millisecond; null where that is not known: Kafka does not tell it.
/// </param>
public readonly record struct CommittedOffset(NextOffset Next, string? Metadata, DateTimeOffset? Timestamp);

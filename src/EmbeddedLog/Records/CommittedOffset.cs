namespace EmbeddedLog;

/// <summary>What a group has committed in a partition; as Kafka's <c>OffsetAndMetadata</c>.</summary>
/// <param name="Next">The partition, and the offset of the next record to read.</param>
/// <param name="Metadata">
/// The text given with the commit, or null. Also null if the offset was lowered after a power loss, because the text
/// described the higher offset.
/// </param>
/// <param name="Timestamp">
/// When the commit was made, to the millisecond; null where that is not known: Kafka does not tell it.
/// </param>
public readonly record struct CommittedOffset(NextOffset Next, string? Metadata, DateTimeOffset? Timestamp);

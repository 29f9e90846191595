namespace EmbeddedLog.Testing.Model;

/// <summary>An offset that was committed, or that a deletion of its topic has removed.</summary>
/// <param name="Group">The number of the group.</param>
/// <param name="Partition">The partition.</param>
/// <param name="Seen">
/// The ids of the records below the offset, as whoever committed it can have seen them; null where nothing is
/// committed any more.
/// </param>
/// <param name="Metadata">What was stored with it.</param>
internal sealed record ModelCommit(int Group, PartitionDriver Partition, long[]? Seen, string? Metadata);

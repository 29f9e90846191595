namespace EmbeddedLog.Testing.Model;

/// <summary>A committed offset, or its removal by the deletion of its topic.</summary>
/// <param name="Group">The number of the group.</param>
/// <param name="Partition">The partition.</param>
/// <param name="Seen">
/// The ids of the records below the offset, as its reader can have seen them; null if nothing is committed any more.
/// </param>
/// <param name="Metadata">Its metadata.</param>
internal sealed record ModelCommit(int Group, PartitionDriver Partition, long[]? Seen, string? Metadata);

namespace EmbeddedLog.Files.Storing;

/// <summary>The identity of a partition, and its directory.</summary>
/// <param name="Id">Topic and number.</param>
/// <param name="TopicUid">Random, given when the topic was created.</param>
/// <param name="Directory">The partition's directory.</param>
internal sealed record PartitionIdentity(TopicPartition Id, ulong TopicUid, string Directory);

namespace EmbeddedLog.Following;

/// <summary>The end of a partition, as found in its files.</summary>
/// <param name="Offset">The offset behind the last record.</param>
/// <param name="Durable">The known durable end.</param>
/// <param name="Tail">The walk over the records; null if it was not needed.</param>
internal readonly record struct FollowedEnd(long Offset, long Durable, FollowedTail? Tail);

namespace EmbeddedLog.Following;

/// <summary>How far a partition goes, as a look at its files has found it.</summary>
/// <param name="Offset">The offset behind the last record.</param>
/// <param name="Durable">Up to where everything is known to be on the disk.</param>
/// <param name="Tail">What has walked the records; null where that was not needed.</param>
internal readonly record struct FollowedEnd(long Offset, long Durable, FollowedTail? Tail);

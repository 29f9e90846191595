namespace EmbeddedLog.Coordination.Offsets;

/// <summary>
/// The key of a committed offset: a group and a partition of one topic, not of another topic with the same name.
/// </summary>
/// <param name="Group">The group.</param>
/// <param name="Topic">The topic's name, for people who read the file.</param>
/// <param name="TopicUid">The topic's uid: a topic that was deleted and made again is another one.</param>
/// <param name="Partition">The partition's number.</param>
internal readonly record struct GroupPartition(string Group, string Topic, ulong TopicUid, int Partition);

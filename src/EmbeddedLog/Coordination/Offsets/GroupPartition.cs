namespace EmbeddedLog.Coordination.Offsets;

/// <summary>
/// What an offset is committed for: a group and a partition of one topic, told from others of its name.
/// </summary>
/// <param name="Group">The group.</param>
/// <param name="Topic">The topic's name, for those who look into the file.</param>
/// <param name="TopicUid">The topic's uid: a topic that was deleted and made again is another one.</param>
/// <param name="Partition">The partition's number.</param>
internal readonly record struct GroupPartition(string Group, string Topic, ulong TopicUid, int Partition);

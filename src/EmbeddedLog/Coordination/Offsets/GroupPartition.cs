namespace EmbeddedLog.Coordination.Offsets;

/// <summary>
/// The key of a committed offset: a group and a partition of one topic, not of another topic with the same name. Two
/// kinds of keys have no topic, and are of no offset: what is noted of a group, and of all groups.
/// </summary>
/// <param name="Group">The group.</param>
/// <param name="Topic">The topic's name, for people who read the file.</param>
/// <param name="TopicUid">The topic's uid: a topic that was deleted and made again is another one.</param>
/// <param name="Partition">The partition's number.</param>
internal readonly record struct GroupPartition(string Group, string Topic, ulong TopicUid, int Partition)
{
    /// <summary>The key of the time for which the log was open.</summary>
    public static GroupPartition OpenTime { get; } = EmptySince(string.Empty);

    /// <summary>Whether it is of a committed offset.</summary>
    public bool IsOffset => Topic.Length > 0;

    /// <summary>Whether it is of the time since which a group is empty.</summary>
    public bool IsEmptySince => Topic.Length == 0 && Group.Length > 0;

    /// <summary>The key of the time since which a group is empty.</summary>
    public static GroupPartition EmptySince(string group) => new(group, string.Empty, 0, 0);
}

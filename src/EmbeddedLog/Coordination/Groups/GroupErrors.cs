using EmbeddedLog.Records;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Coordination.Groups;

/// <summary>The exceptions of consumer groups, each with what to do.</summary>
internal static class GroupErrors
{
    /// <summary>How many members or groups are named one by one.</summary>
    private const int MaxNamed = 10;

    /// <summary>Partitions that are chosen by hand have a member that chose them by hand.</summary>
    /// <param name="group">The group.</param>
    /// <param name="taken">By member: the partitions of it that were asked for.</param>
    public static InvalidOperationException TakenByHand(string group, ILookup<GroupMember, TopicPartition> taken)
    {
        string holders = PartitionText.List(
            [.. taken.Select(holder => $"{PartitionText.Of(holder)} by {holder.Key}")]);
        return new($"Group '{group}' has consumers that chose by hand: {holders}. A partition can have one consumer of "
            + "a group at a time. Dispose that one first, choose other partitions, or use another group to read all "
            + "records once more. To share the partitions, subscribe to the topic and not to partitions.");
    }

    /// <summary>The group's members share in another way.</summary>
    public static InvalidOperationException OtherAssignor(string group, GroupAssignor has, GroupAssignor asked) =>
        new($"Group '{group}' shares its partitions by {nameof(GroupAssignor)}.{has}, and this consumer asks for "
            + $"{nameof(GroupAssignor)}.{asked}. All consumers of a group must ask for the same: set "
            + $"{nameof(ConsumerOptions.Assignor)} of this one to {has}, or dispose the others first.");

    /// <summary>The group has members, and what was asked for is for one without.</summary>
    public static GroupActiveException Active(string group, IReadOnlyCollection<GroupMember> members) =>
        new($"Group '{group}' has {Units.Number(members.Count)} members: "
            + PartitionText.List([.. members.Take(MaxNamed).Select(member => member.ToString())])
            + (members.Count > MaxNamed ? ", and others" : string.Empty)
            + ". Its offsets can be reset or deleted only while nobody reads for it. Dispose its consumers first; to "
            + "move one that reads, use its SeekAsync.");

    /// <summary>Neither members nor commits are known of a group.</summary>
    /// <param name="group">The name that was asked for.</param>
    /// <param name="groups">The names that there are.</param>
    public static UnknownGroupException Unknown(string group, IReadOnlyList<string> groups)
    {
        string? nearest = NearestName.Of(group, groups);
        return new($"There is no group '{group}': it has no members and has committed nothing."
            + (nearest is null ? string.Empty : $" Did you mean '{nearest}'?")
            + (groups.Count == 0
                ? " The log has no groups yet."
                : " The log has "
                    + PartitionText.List([.. groups.Take(MaxNamed).Select(each => $"'{each}'")])
                    + (groups.Count > MaxNamed ? $", and {groups.Count - MaxNamed} more." : ".")));
    }

    /// <summary>A group that another process has is to be changed.</summary>
    public static UnknownGroupException OfOwner(string group) =>
        new($"Group '{group}' is not of this log, which is only read, but of its owner: it is not in "
            + $"{nameof(ReadOnlyLogOptions.OffsetsDirectory)}. Change it in the process that owns the log.");

    /// <summary>Groups are to be changed in a log that has none of its own.</summary>
    public static InvalidOperationException NoneHere() =>
        new("This log is only read, and has no groups of its own to change. Change those of its owner in the process "
            + $"that owns the log. To have own ones, set {nameof(ReadOnlyLogOptions)}."
            + $"{nameof(ReadOnlyLogOptions.OffsetsDirectory)}.");

    /// <summary>A commit in a partition that the member has no longer.</summary>
    /// <param name="group">The group.</param>
    /// <param name="hold">What the member had.</param>
    /// <param name="owner">Who has the partition now, or is to have it; null for nobody.</param>
    public static PartitionLostException Lost(string group, PartitionHold hold, GroupMember? owner)
    {
        string now = owner is null ? "Nobody has it now"
            : owner == hold.Member ? "It has lost it and got it back since"
            : $"It belongs to {owner} now";
        return new($"Consumer {hold.Member} of group '{group}' no longer has partition {hold.Partition.Id} under which "
            + $"it read (assignment {hold.Epoch}). {now}. Nothing was committed there: what this consumer had not "
            + "committed is handed out again by the owner. Read on with what is assigned.")
        {
            Topic = hold.Partition.Id.Topic,
            Partition = hold.Partition.Id.Partition,
            Group = group,
            Owner = owner?.ClientName,
        };
    }
}

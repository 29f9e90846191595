using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.Partitions;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Coordination.Groups;

/// <summary>
/// Who consumes what in this process: one member for each group and partition, until a group's members share them.
/// </summary>
internal sealed class GroupRegistry
{
    private readonly Lock _gate = new();

    /// <summary>
    /// What the member reads, in words, by group and partition; a topic that was made again is another one. Under the
    /// gate.
    /// </summary>
    private readonly Dictionary<(string Group, ulong TopicUid, int Partition), string> _members = [];

    /// <summary>Makes the caller the group's member for partitions, until it disposes what it gets.</summary>
    /// <param name="group">The group's name.</param>
    /// <param name="partitions">All or none of them are taken.</param>
    /// <param name="reads">What the member reads, for those who find it in their way.</param>
    /// <exception cref="ArgumentException">The name cannot be a group's.</exception>
    /// <exception cref="InvalidOperationException">Another member has one of them.</exception>
    public GroupMembership Join(string group, IReadOnlyList<PartitionLog> partitions, string reads)
    {
        NameRules.ThrowIfNotGroup(group);
        lock (_gate)
        {
            PartitionLog[] taken = [.. partitions.Where(each => _members.ContainsKey(Key(group, each)))];
            if (taken.Length > 0)
            {
                throw GroupErrors.AlreadyJoined(
                    group, taken.ToLookup(each => _members[Key(group, each)], each => each.Id));
            }

            foreach (PartitionLog partition in partitions)
            {
                _members.Add(Key(group, partition), reads);
            }
        }

        return new GroupMembership(this, group, partitions);
    }

    /// <summary>Lets other consumers become members for the partitions of one that leaves.</summary>
    public void Leave(string group, IReadOnlyList<PartitionLog> partitions)
    {
        lock (_gate)
        {
            foreach (PartitionLog partition in partitions)
            {
                _members.Remove(Key(group, partition));
            }
        }
    }

    private static (string Group, ulong TopicUid, int Partition) Key(string group, PartitionLog partition) =>
        (group, partition.TopicUid, partition.Id.Partition);
}

using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Coordination.Groups;

/// <summary>
/// The members of groups in this process: one for each group and topic, until partitions can be shared.
/// </summary>
internal sealed class GroupRegistry
{
    private readonly Lock _gate = new();

    /// <summary>The groups and the uids of the topics that have a member. Under the gate.</summary>
    private readonly HashSet<(string Group, ulong TopicUid)> _members = [];

    /// <summary>Makes the caller the group's member for a topic, until it disposes the membership.</summary>
    /// <exception cref="ArgumentException">The name is not valid for a group.</exception>
    /// <exception cref="InvalidOperationException">There is a member already.</exception>
    public GroupMembership Join(string group, string topic, ulong topicUid)
    {
        NameRules.ThrowIfNotGroup(group);
        lock (_gate)
        {
            if (!_members.Add((group, topicUid)))
            {
                throw GroupErrors.AlreadyJoined(group, topic);
            }
        }

        return new GroupMembership(this, group, topicUid);
    }

    /// <summary>Lets another consumer become the member.</summary>
    public void Leave(string group, ulong topicUid)
    {
        lock (_gate)
        {
            _members.Remove((group, topicUid));
        }
    }
}

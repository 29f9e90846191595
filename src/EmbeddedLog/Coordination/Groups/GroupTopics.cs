using EmbeddedLog.Partitions.Reading;

namespace EmbeddedLog.Coordination.Groups;

/// <summary>The topics of a group's members, and who has which of their partitions. Under the group's gate.</summary>
/// <param name="catalog">The topics that there are.</param>
internal sealed class GroupTopics(ITopicCatalog catalog)
{
    private readonly SortedDictionary<string, GroupTopic> _byName = new(StringComparer.Ordinal);

    /// <summary>All of them, by name.</summary>
    public IEnumerable<GroupTopic> All => _byName.Values;

    /// <summary>Those that were not deleted, by name.</summary>
    public IEnumerable<GroupTopic> Living => _byName.Values.Where(topic => !topic.IsDeleted);

    /// <summary>The names of those that were not deleted, in the same order.</summary>
    public IEnumerable<string> LivingNames =>
        _byName.Where(topic => !topic.Value.IsDeleted).Select(topic => topic.Key);

    /// <summary>The topic of a name, or null.</summary>
    public GroupTopic? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Whether a topic has come, gone, grown, or taken the name of another one.</summary>
    public bool IsChanged(string name)
    {
        IReadOnlyList<ReadablePartition>? found = catalog.Find(name);
        _byName.TryGetValue(name, out GroupTopic? topic);
        return found is null
            ? topic is { IsDeleted: false }
            : topic is null || topic.IsDeleted || !topic.IsSame(found) || topic.Partitions.Count != found.Count;
    }

    /// <summary>Takes up the topics of the members as they are; true if one has another one's place.</summary>
    public bool Update(List<GroupMember> members)
    {
        bool replaced = false;
        HashSet<string> needed = new(members.SelectMany(member => member.Topics), StringComparer.Ordinal);
        foreach (string name in needed)
        {
            IReadOnlyList<ReadablePartition>? found = catalog.Find(name);
            _byName.TryGetValue(name, out GroupTopic? topic);
            if (found is null)
            {
                topic?.IsDeleted = true;
            }
            else if (topic is not null && topic.IsSame(found))
            {
                topic.Grow(found);
            }
            else
            {
                replaced |= topic is not null;
                _byName[name] = new GroupTopic(found);
            }
        }

        foreach (string name in _byName.Keys.Except(needed).ToArray())
        {
            // A pattern does not name the topics that it reads: one that was deleted is gone without a word.
            replaced = true;
            _byName.Remove(name);
        }

        return replaced;
    }

    /// <summary>Has nothing in mind for a member any more.</summary>
    public void Forget(GroupMember member)
    {
        foreach (GroupTopic topic in _byName.Values)
        {
            topic.Forget(member);
        }
    }

    /// <summary>
    /// Who has to do something before each partition is with whom it is to be: let go of one, or take one that is free.
    /// </summary>
    public IEnumerable<GroupMember> FindWhoMustAct() =>
        from topic in Living
        from i in Enumerable.Range(0, topic.Partitions.Count)
        where topic.Holds[i]?.Member != topic.Targets[i]
        select topic.Holds[i]?.Member ?? topic.Targets[i];

    /// <summary>Who holds a partition, or is to have it; null for nobody.</summary>
    public GroupMember? FindOwner(ReadablePartition partition)
    {
        int number = partition.Id.Partition;
        return Find(partition.Id.Topic) is { } topic && number < topic.Partitions.Count
            ? topic.Holds[number]?.Member ?? topic.Targets[number]
            : null;
    }

    /// <summary>Whether a member is to keep what it holds.</summary>
    public bool IsToStay(PartitionHold hold) =>
        Find(hold) is { } topic
        && (topic.IsDeleted || topic.Targets[hold.Partition.Id.Partition] == hold.Member);

    /// <summary>Who is to have a partition next.</summary>
    public GroupMember? TargetOf(PartitionHold hold) => Find(hold)?.Targets[hold.Partition.Id.Partition];

    /// <summary>The topic that a hold is in; null if another one has its place.</summary>
    public GroupTopic? Find(PartitionHold hold) =>
        _byName.TryGetValue(hold.Partition.Id.Topic, out GroupTopic? topic)
        && hold.Partition.Id.Partition < topic.Holds.Length
        && topic.Holds[hold.Partition.Id.Partition] == hold
            ? topic
            : null;
}

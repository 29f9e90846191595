using EmbeddedLog.Coordination.Groups;
using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.Partitions.Reading;
using Commits = System.Collections.Generic.IReadOnlyList<
    System.Collections.Generic.KeyValuePair<
        EmbeddedLog.Coordination.Offsets.GroupPartition, EmbeddedLog.Coordination.Offsets.OffsetValue>>;

namespace EmbeddedLog.Coordination.Administration;

/// <summary>Describes groups to the outside, from what they have committed and who their members are.</summary>
/// <param name="topics">The topics that there are.</param>
/// <param name="time">The clock, for the lag in time.</param>
/// <param name="list">What is committed.</param>
/// <param name="members">The groups that have members; null for those of the owner of a followed log.</param>
internal sealed class GroupDescriptions(
    ITopicCatalog topics, TimeProvider time, Func<Commits> list, GroupCoordinator? members)
{
    /// <summary>The names of all groups that have members or have committed, in ordinal order.</summary>
    public IReadOnlyList<string> List() =>
    [
        .. list().Select(commit => commit.Key.Group).Concat(members?.Names ?? [])
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
    ];

    /// <summary>Describes a group.</summary>
    /// <exception cref="UnknownGroupException">It has no members and has committed nothing.</exception>
    public GroupDescription Describe(string group)
    {
        Commits commits = list();
        GroupView? view = members?.Describe(group);
        Dictionary<TopicPartition, OffsetValue> committed = commits
            .Where(commit => commit.Key.Group == group)
            .ToDictionary(commit => new TopicPartition(commit.Key.Topic, commit.Key.Partition), commit => commit.Value);
        if (committed.Count == 0 && view is null)
        {
            throw GroupErrors.Unknown(group, List());
        }

        Dictionary<TopicPartition, GroupMemberDescription> owners = [];
        foreach (GroupMemberDescription member in view?.Members ?? [])
        {
            foreach (TopicPartition partition in member.Assignment)
            {
                owners[partition] = member;
            }
        }

        bool hasMembers = view is { Members.Count: > 0 };
        return new GroupDescription
        {
            Name = group,
            IsOwn = members is not null,
            State = !hasMembers ? GroupState.Empty : view!.IsMoving ? GroupState.Rebalancing : GroupState.Stable,
            Assignor = hasMembers ? view!.Assignor : null,
            Epoch = hasMembers ? view!.Epoch : 0,
            Members = view?.Members ?? [],
            Partitions =
            [
                .. committed.Keys.Union(owners.Keys)
                    .OrderBy(each => each.Topic, StringComparer.Ordinal).ThenBy(each => each.Partition)
                    .Select(each => Describe(
                        each,
                        committed.TryGetValue(each, out OffsetValue value) ? value : null,
                        owners.GetValueOrDefault(each)))
                    .OfType<GroupPartitionDescription>(),
            ],
        };
    }

    private GroupPartitionDescription? Describe(
        TopicPartition id, OffsetValue? committed, GroupMemberDescription? member)
    {
        if (topics.Find(id.Topic) is not { } partitions || id.Partition >= partitions.Count)
        {
            return null;
        }

        try
        {
            ReadablePartition partition = partitions[id.Partition];
            long end = partition.PublishedEnd;
            long next = Math.Clamp(committed?.Offset ?? 0, Math.Min(partition.StartOffset, end), end);
            return new GroupPartitionDescription(
                id,
                committed?.ToPublic(id),
                end,
                end - next,
                RecordAge.Find(partition, next, end, time.GetUtcNow()),
                member,
                Failure: null);
        }
        catch (EmbeddedLogException failure)
        {
            // A partition in trouble, or a topic that is just being deleted, does not hide the others.
            return new GroupPartitionDescription(
                id, committed?.ToPublic(id), EndOffset: -1, Lag: -1, LagTime: null, member, failure);
        }
    }
}

using EmbeddedLog.Coordination.Groups.Assigning;

namespace EmbeddedLog.Coordination.Groups;

/// <summary>
/// Computes who is to have which partition. What was chosen by hand goes to who chose it; the assignor shares the rest,
/// on the basis of the last target, so that what has not moved yet does not move twice.
/// </summary>
/// <param name="members">The members in the order in which they joined.</param>
/// <param name="topics">Their topics, whose targets are set.</param>
/// <param name="assignor">How the rest is shared.</param>
internal sealed class GroupTargets(
    List<GroupMember> members, GroupTopics topics, GroupAssignor assignor)
{
    /// <summary>Sets the targets.</summary>
    public void Compute()
    {
        GroupTopic[] living = [.. topics.Living];
        GroupMember[] sharing = [.. members.Where(member => member.Subscription.ByHand.Count == 0)];
        for (int i = 0; i < sharing.Length; i++)
        {
            sharing[i].Index = i;
        }

        Dictionary<GroupTopic, int[]> byHand = MarkByHand(living);
        AssignmentInput input = new(Subscriptions(sharing), [.. living.Select(topic => byHand[topic])]);
        int[][] owners = assignor == GroupAssignor.Range ? RangeAssignor.Assign(input) : UniformAssignor.Assign(input);
        for (int topic = 0; topic < living.Length; topic++)
        {
            for (int i = 0; i < owners[topic].Length; i++)
            {
                if (owners[topic][i] != AssignmentInput.Fixed)
                {
                    living[topic].Targets[i] = owners[topic][i] < 0 ? null : sharing[owners[topic][i]];
                }
            }
        }
    }

    /// <summary>Gives what was chosen by hand to who chose it; returns the present owners, by topic.</summary>
    private Dictionary<GroupTopic, int[]> MarkByHand(GroupTopic[] living)
    {
        Dictionary<GroupTopic, int[]> owners = [];
        foreach (GroupTopic topic in living)
        {
            owners.Add(topic, [.. topic.Targets.Select(IndexOf)]);
        }

        foreach (GroupMember member in members)
        {
            foreach (TopicPartition chosen in member.Subscription.ByHand)
            {
                // A topic that was created again may have fewer partitions.
                if (topics.Find(chosen.Topic) is { IsDeleted: false } topic
                    && chosen.Partition < topic.Partitions.Count)
                {
                    topic.Targets[chosen.Partition] = member;
                    owners[topic][chosen.Partition] = AssignmentInput.Fixed;
                }
            }
        }

        return owners;
    }

    private static int IndexOf(GroupMember? member) =>
        member is { Subscription.ByHand.Count: 0, IsIn: true } ? member.Index : AssignmentInput.Nobody;

    private int[][] Subscriptions(GroupMember[] sharing)
    {
        Dictionary<string, int> numbers = new(StringComparer.Ordinal);
        foreach (string name in topics.LivingNames)
        {
            numbers.Add(name, numbers.Count);
        }

        // Members with the same list of topics share one array, by which the assignor sees at once that they do.
        Dictionary<IReadOnlyList<string>, int[]> known = new(ReferenceEqualityComparer.Instance);
        int[]? last = null;
        int[][] subscriptions = new int[sharing.Length][];
        for (int i = 0; i < sharing.Length; i++)
        {
            if (!known.TryGetValue(sharing[i].Topics, out int[]? own))
            {
                own = [.. sharing[i].Topics.Where(numbers.ContainsKey).Select(name => numbers[name])];
                own = last is not null && own.AsSpan().SequenceEqual(last) ? last : own;
                known.Add(sharing[i].Topics, own);
            }

            subscriptions[i] = last = own;
        }

        return subscriptions;
    }
}

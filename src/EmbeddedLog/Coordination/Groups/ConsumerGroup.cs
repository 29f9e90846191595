using System.Diagnostics;
using EmbeddedLog.Partitions.Reading;

namespace EmbeddedLog.Coordination.Groups;

/// <summary>
/// The members of one group and who has which partition: KIP-848's idea inside one process. A change of members or of
/// topics gives a new target; each member lets go of what it is not to have, in its own time, and takes what is free.
/// So nobody waits but for the partitions that move. A consumer without a group is alone in one without a name.
/// </summary>
/// <remarks>Safe to call from any thread. Members are woken outside the gate, and no user code runs under it.</remarks>
internal sealed class ConsumerGroup
{
    private readonly Lock _gate = new();
    private readonly ITopicCatalog _catalog;
    private readonly Action<IReadOnlyList<PartitionHold>> _end;

    /// <summary>The topics of its members. Under the gate.</summary>
    private readonly GroupTopics _topics;

    /// <summary>Those that are in, in the order in which they joined. Under the gate.</summary>
    private readonly List<GroupMember> _members = [];

    /// <param name="name">The name; null for a consumer without a group.</param>
    /// <param name="assignor">How partitions are shared.</param>
    /// <param name="catalog">The topics that there are.</param>
    /// <param name="end">Ends holds, so that no commit comes after it.</param>
    public ConsumerGroup(
        string? name, GroupAssignor assignor, ITopicCatalog catalog, Action<IReadOnlyList<PartitionHold>> end)
    {
        Name = name;
        Assignor = assignor;
        _catalog = catalog;
        _topics = new GroupTopics(catalog);
        _end = end;
    }

    /// <summary>The name; null for a consumer without a group.</summary>
    public string? Name { get; }

    /// <summary>How partitions are shared.</summary>
    public GroupAssignor Assignor { get; }

    /// <summary>How many consumers there are, whether they have joined or not. Under the coordinator's gate.</summary>
    public int Consumers { get; set; }

    /// <summary>Grows with each new target.</summary>
    public int Epoch { get; private set; }

    /// <summary>
    /// Has a member join, if it is neither in nor gone for good. What it is to have it gets by <see cref="Acquire"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// Another member has chosen one of its partitions by hand, as this one does.
    /// </exception>
    public void Join(GroupMember member)
    {
        IReadOnlyList<string> topics = TopicsOf(member.Subscription);
        Change(() =>
        {
            if (member.IsIn || member.HasLeft)
            {
                return false;
            }

            ThrowIfTakenByHand(member);
            member.Topics = topics;
            member.IsIn = true;
            member.Seen = null;
            _members.Add(member);
            return true;
        });
        if (member.Subscription.IsPattern)
        {
            // A topic may have been made between the look and the join.
            RefreshTopics();
        }
    }

    /// <summary>Has a member leave for good. Nothing that it holds can be committed any more.</summary>
    public void Leave(GroupMember member) => Change(() =>
    {
        member.HasLeft = true;
        return TryPutOut(member);
    });

    /// <summary>Takes up topics and partitions that were made, and topics that were deleted.</summary>
    public void RefreshTopics()
    {
        GroupMember[] members;
        lock (_gate)
        {
            members = [.. _members];
        }

        // Patterns are the user's code, in a way: they may take long.
        var topics = members.ToDictionary(member => member, member => TopicsOf(member.Subscription));
        Change(() =>
        {
            bool any = false;
            foreach (GroupMember member in _members)
            {
                if (topics.TryGetValue(member, out IReadOnlyList<string>? now))
                {
                    any |= !now.SequenceEqual(member.Topics) || now.Any(_topics.IsChanged);
                    member.Topics = now;
                }
            }

            return any;
        });
    }

    /// <summary>All partitions of a subscription that there are, whoever has them.</summary>
    public IEnumerable<ReadablePartition> FindSubscribed(Subscription subscription) => subscription.ByHand.Count > 0
        ? subscription.ByHand.Select(each => _catalog.Find(each.Topic)?.ElementAtOrDefault(each.Partition))
            .OfType<ReadablePartition>()
        : TopicsOf(subscription).SelectMany(topic => _catalog.Find(topic) ?? []);

    /// <summary>What was taken from a member since the last call.</summary>
    public IReadOnlyList<PartitionHold> TakeLost(GroupMember member)
    {
        lock (_gate)
        {
            List<PartitionHold> lost = member.Lost;
            member.Lost = [];
            return lost;
        }
    }

    /// <summary>What a member holds and is to let go of, with <see cref="Release"/>.</summary>
    public IReadOnlyList<PartitionHold> FindRevoked(GroupMember member)
    {
        lock (_gate)
        {
            return [.. member.Holds.Where(hold => !_topics.IsToStay(hold))];
        }
    }

    /// <summary>Lets go of partitions: whoever is to have them is woken.</summary>
    public void Release(GroupMember member, IReadOnlyList<PartitionHold> holds)
    {
        HashSet<GroupMember> woken = [];
        lock (_gate)
        {
            PartitionHold[] held = [.. holds.Where(member.Holds.Contains)];
            woken.UnionWith(held.Select(_topics.TargetOf).OfType<GroupMember>());
            EndUnsynchronized(held);
        }

        Wake(woken);
    }

    /// <summary>Gives a member what it is to have and nobody holds.</summary>
    public IReadOnlyList<PartitionHold> Acquire(GroupMember member)
    {
        List<PartitionHold> acquired = [];
        lock (_gate)
        {
            if (!member.IsIn)
            {
                return acquired;
            }

            foreach (GroupTopic topic in _topics.Living)
            {
                for (int i = 0; i < topic.Partitions.Count; i++)
                {
                    if (topic.Targets[i] == member && topic.Holds[i] is null)
                    {
                        topic.Holds[i] = new PartitionHold(member, topic.Partitions[i], ++topic.Epochs[i]);
                        acquired.Add(topic.Holds[i]!);
                    }
                }
            }

            member.Holds.UnionWith(acquired);
        }

        return acquired;
    }

    /// <summary>
    /// Puts out members whose users have not asked for a record for longer than they may, if another member can go on
    /// in their place. They join again with their next read.
    /// </summary>
    /// <param name="now">The time stamp of now.</param>
    /// <param name="elapsed">The time between two time stamps.</param>
    /// <returns>Who was put out, and what it had.</returns>
    public IReadOnlyList<(GroupMember Member, int Partitions)> PutOutStuck(
        long now, Func<long, long, TimeSpan> elapsed)
    {
        List<(GroupMember, int)> put = [];
        Change(() =>
        {
            GroupMember[] stuck = [.. _members.Where(member => IsStuck(member, now, elapsed))];
            foreach (GroupMember member in stuck)
            {
                if (_members.Except(stuck).Any(other => CanTakeOver(other, member)))
                {
                    put.Add((member, member.Holds.Count));
                    member.Lost.AddRange(member.Holds);
                    TryPutOut(member);
                    member.IsPending = true;
                }
            }

            return put.Count > 0;
        });
        return put;
    }

    /// <summary>Does something if the group has no members, and lets none join meanwhile.</summary>
    /// <exception cref="GroupActiveException">The group has members.</exception>
    public T WhileEmpty<T>(Func<T> act)
    {
        lock (_gate)
        {
            return _members.Count == 0 ? act() : throw GroupErrors.Active(Name!, _members);
        }
    }

    /// <summary>Who holds a partition, or is to have it; null for nobody.</summary>
    public GroupMember? FindOwner(ReadablePartition partition)
    {
        lock (_gate)
        {
            return _topics.FindOwner(partition);
        }
    }

    /// <summary>
    /// Whether it must be watched that its members read, which is so where others can go on in their place; if so,
    /// the least time that one of them may take for a record.
    /// </summary>
    /// <param name="now">The time stamp of now: those who have just joined are seen to read.</param>
    public TimeSpan? FindLeastPollLimit(long now)
    {
        lock (_gate)
        {
            foreach (GroupMember member in _members.Where(member => member.Seen is null))
            {
                member.Seen = (member.Activity?.Steps ?? 0, now);
            }

            return _members.Count < 2
                ? null
                : _members.Where(member => member.PollLimit != Timeout.InfiniteTimeSpan)
                    .Select(member => (TimeSpan?)member.PollLimit).Min();
        }
    }

    /// <summary>What the group looks like now.</summary>
    public GroupView Describe()
    {
        lock (_gate)
        {
            bool isMoving = _topics.FindWhoMustAct().Any();
            return new GroupView(Assignor, Epoch, isMoving, [.. _members.Select(member => member.Describe())]);
        }
    }

    /// <summary>Makes a change, computes who is to have what after it, and wakes who has to do something.</summary>
    private void Change(Func<bool> change)
    {
        HashSet<GroupMember> woken = [];
        lock (_gate)
        {
            if (!change())
            {
                return;
            }

            Epoch++;
            if (_topics.Update(_members))
            {
                woken.UnionWith(_members);
            }

            new GroupTargets(_members, _topics, Assignor).Compute();
            AssertInvariants();
            woken.UnionWith(_topics.FindWhoMustAct());
        }

        Wake(woken);
    }

    private static void Wake(IEnumerable<GroupMember> members)
    {
        foreach (GroupMember member in members)
        {
            member.Wake();
        }
    }

    private IReadOnlyList<string> TopicsOf(Subscription subscription) => subscription.IsPattern
        ? [.. _catalog.Names.Where(subscription.Matches)]
        : subscription.TopicNames;

    private bool TryPutOut(GroupMember member)
    {
        if (!_members.Remove(member))
        {
            return false;
        }

        member.IsIn = false;
        EndUnsynchronized([.. member.Holds]);
        _topics.Forget(member);

        return true;
    }

    private void EndUnsynchronized(PartitionHold[] holds)
    {
        if (holds.Length == 0)
        {
            return;
        }

        _end(holds);
        foreach (PartitionHold hold in holds)
        {
            hold.Member.Holds.Remove(hold);
            if (_topics.Find(hold) is { } topic)
            {
                topic.Holds[hold.Partition.Id.Partition] = null;
            }
        }
    }

    private void ThrowIfTakenByHand(GroupMember member)
    {
        ILookup<GroupMember, TopicPartition> taken = member.Subscription.ByHand
            .SelectMany(each => _members.Where(other => other.Subscription.ByHand.Contains(each))
                .Select(other => (other, each)))
            .ToLookup(pair => pair.other, pair => pair.each);
        if (taken.Count > 0)
        {
            throw GroupErrors.TakenByHand(Name!, taken);
        }
    }

    private static bool IsStuck(GroupMember member, long now, Func<long, long, TimeSpan> elapsed)
    {
        IMemberActivity? activity = member.Activity;
        if (member.Seen is not { } seen
            || activity is { IsWaiting: true }
            || (activity?.Steps ?? seen.Steps) != seen.Steps)
        {
            member.Seen = seen = (activity?.Steps ?? 0, now);
        }

        return member.Subscription.ByHand.Count == 0
            && member.PollLimit != Timeout.InfiniteTimeSpan
            && elapsed(seen.At, now) >= member.PollLimit;
    }

    /// <summary>Whether a member would get anything of what another one has; by hand, only what was chosen.</summary>
    private static bool CanTakeOver(GroupMember other, GroupMember member) =>
        other.Subscription.ByHand.Count == 0
            ? other.Topics.Intersect(member.Topics).Any()
            : member.Holds.Any(hold => other.Subscription.ByHand.Contains(hold.Partition.Id));

    [Conditional("DEBUG")]
    private void AssertInvariants()
    {
        foreach (GroupTopic topic in _topics.All)
        {
            for (int i = 0; i < topic.Partitions.Count; i++)
            {
                Debug.Assert(
                    topic.Holds[i] is not { } hold || (hold.Member.Holds.Contains(hold) && !hold.IsOver),
                    "A partition is held by a member that does not know of it.");
                Debug.Assert(
                    topic.Targets[i] is not { IsIn: false }, "A partition is meant for one that is not in.");
            }
        }
    }
}

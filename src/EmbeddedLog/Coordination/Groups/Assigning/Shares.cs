namespace EmbeddedLog.Coordination.Groups.Assigning;

/// <summary>The shares of members while they are worked out.</summary>
internal sealed class Shares
{
    private readonly int[][] _members;

    /// <summary>By member.</summary>
    private readonly int[] _loads;

    /// <summary>By topic and member.</summary>
    private readonly int[][] _topicLoads;

    public Shares(AssignmentInput input)
    {
        Owners = input.CopyOwners();
        _members = input.MembersByTopic();
        _loads = new int[input.MemberCount];
        _topicLoads = [.. Owners.Select(_ => new int[input.MemberCount])];
        for (int topic = 0; topic < Owners.Length; topic++)
        {
            foreach (int owner in Owners[topic])
            {
                Count(topic, owner, 1);
            }
        }
    }

    /// <summary>By topic and partition.</summary>
    public int[][] Owners { get; }

    /// <summary>How many partitions a member has.</summary>
    public int Load(int member) => _loads[member];

    /// <summary>
    /// Takes partitions away from a member that has more than its quota, each from the topic of which it has the most.
    /// </summary>
    public void LetGo(int member, int quota)
    {
        while (_loads[member] > quota)
        {
            int most = 0;
            for (int topic = 1; topic < Owners.Length; topic++)
            {
                most = _topicLoads[topic][member] > _topicLoads[most][member] ? topic : most;
            }

            Give(most, Array.LastIndexOf(Owners[most], member), AssignmentInput.Nobody);
        }
    }

    /// <summary>
    /// Gives what is free to members below their quotas, of each topic first to those that have the least of it.
    /// </summary>
    public void FillUp(int[] topics, int[] quotas)
    {
        PriorityQueue<int, (int OfTopic, int InAll, int Member)> below = new();
        foreach (int topic in topics.Where(topic => Owners[topic].Contains(AssignmentInput.Nobody)).Order())
        {
            below.Clear();
            below.EnqueueRange(_members[topic].Where(member => _loads[member] < quotas[member]).Select(
                member => (member, (_topicLoads[topic][member], _loads[member], member))));
            for (int partition = 0; partition < Owners[topic].Length; partition++)
            {
                if (Owners[topic][partition] == AssignmentInput.Nobody)
                {
                    int member = below.Dequeue();
                    Give(topic, partition, member);
                    if (_loads[member] < quotas[member])
                    {
                        below.Enqueue(member, (_topicLoads[topic][member], _loads[member], member));
                    }
                }
            }
        }
    }

    /// <summary>
    /// Gives each free partition to the member with the fewest that reads its topic; first those that few members read.
    /// </summary>
    public void AssignFree()
    {
        foreach (int topic in Enumerable.Range(0, Owners.Length).OrderBy(topic => _members[topic].Length))
        {
            for (int partition = 0; partition < Owners[topic].Length && _members[topic].Length > 0; partition++)
            {
                if (Owners[topic][partition] == AssignmentInput.Nobody)
                {
                    Give(topic, partition, FindLeast(topic));
                }
            }
        }
    }

    /// <summary>
    /// Moves single partitions to members with at least two fewer, until there is none to move. Each move makes the sum
    /// of the squares of the loads smaller, so this ends.
    /// </summary>
    public void Balance()
    {
        bool moved = true;
        while (moved)
        {
            moved = false;
            for (int topic = 0; topic < Owners.Length; topic++)
            {
                for (int partition = 0; partition < Owners[topic].Length; partition++)
                {
                    moved |= TryMove(topic, partition);
                }
            }
        }
    }

    private bool TryMove(int topic, int partition)
    {
        int owner = Owners[topic][partition];
        if (owner < 0)
        {
            return false;
        }

        int least = FindLeast(topic);
        if (_loads[owner] - _loads[least] < 2)
        {
            return false;
        }

        Give(topic, partition, least);
        return true;
    }

    private int FindLeast(int topic)
    {
        int least = _members[topic][0];
        foreach (int member in _members[topic])
        {
            least = Key(member).CompareTo(Key(least)) < 0 ? member : least;
        }

        return least;

        (int InAll, int OfTopic) Key(int member) => (_loads[member], _topicLoads[topic][member]);
    }

    private void Give(int topic, int partition, int member)
    {
        Count(topic, Owners[topic][partition], -1);
        Owners[topic][partition] = member;
        Count(topic, member, 1);
    }

    private void Count(int topic, int member, int by)
    {
        if (member >= 0)
        {
            _loads[member] += by;
            _topicLoads[topic][member] += by;
        }
    }
}

namespace EmbeddedLog.Coordination.Groups.Assigning;

/// <summary>
/// What an assignor decides on. Members and topics are numbers here, from zero: the places in the lists of the caller,
/// who keeps members in the order of their joins.
/// </summary>
/// <param name="Subscriptions">By member: the topics that it reads, each once, in any order.</param>
/// <param name="Owners">
/// By topic and partition: the member that it belongs to at present, <see cref="Nobody"/>, or <see cref="Fixed"/>.
/// </param>
internal sealed record AssignmentInput(int[][] Subscriptions, int[][] Owners)
{
    /// <summary>The owner of a partition that belongs to no member.</summary>
    public const int Nobody = -1;

    /// <summary>The owner of a partition that is not to be assigned: a member has chosen it by hand.</summary>
    public const int Fixed = -2;

    /// <summary>How many members there are.</summary>
    public int MemberCount => Subscriptions.Length;

    /// <summary>How many topics there are.</summary>
    public int TopicCount => Owners.Length;

    /// <summary>Whether all members read the same topics.</summary>
    public bool IsHomogeneous =>
        Subscriptions.All(each =>
            ReferenceEquals(each, Subscriptions[0])
            || (each.Length == Subscriptions[0].Length && !each.Except(Subscriptions[0]).Any()));

    /// <summary>The present owners in arrays of their own, without members that no longer read the topic.</summary>
    public int[][] CopyOwners()
    {
        bool[][] reads = SubscribedByTopic();
        return
        [
            .. Owners.Select((topic, number) =>
                topic.Select(owner => owner < 0 || reads[number][owner] ? owner : Nobody).ToArray()),
        ];
    }

    /// <summary>By topic and member: whether the member reads it.</summary>
    private bool[][] SubscribedByTopic()
    {
        bool[][] reads = [.. Owners.Select(_ => new bool[MemberCount])];
        for (int member = 0; member < MemberCount; member++)
        {
            foreach (int topic in Subscriptions[member])
            {
                reads[topic][member] = true;
            }
        }

        return reads;
    }

    /// <summary>The members that read a topic, in their order.</summary>
    public int[][] MembersByTopic() =>
        [.. SubscribedByTopic().Select(reads => Enumerable.Range(0, MemberCount).Where(each => reads[each]).ToArray())];
}

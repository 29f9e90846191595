namespace EmbeddedLog.Coordination.Groups;

/// <summary>
/// A member of a group, or a consumer that may become one with its first read. Refers to the consumer only weakly, so
/// that one that nobody refers to any more can leave.
/// </summary>
/// <remarks>Changed under the gate of its group, unless it says otherwise.</remarks>
internal sealed class GroupMember
{
    private readonly Action _wake;
    private readonly WeakReference<IMemberActivity> _activity;

    /// <summary>
    /// Set by the group when there is something to do for the member's reader, which resets it before it looks. At
    /// first set: the first read joins.
    /// </summary>
    private bool _isPending = true;

    /// <param name="id">The member's number in its log.</param>
    /// <param name="clientName">The consumer's name, for people.</param>
    /// <param name="subscription">What it reads.</param>
    /// <param name="pollLimit">How long its user may take for a record while another member waits.</param>
    /// <param name="wake">Wakes its reader; refers to no consumer.</param>
    /// <param name="activity">The consumer, as far as it is still used.</param>
    public GroupMember(
        long id,
        string clientName,
        Subscription subscription,
        TimeSpan pollLimit,
        Action wake,
        WeakReference<IMemberActivity> activity)
    {
        Id = id;
        ClientName = clientName;
        Subscription = subscription;
        PollLimit = pollLimit;
        _wake = wake;
        _activity = activity;
    }

    /// <summary>The member's number: later members have higher ones.</summary>
    public long Id { get; }

    /// <summary>The consumer's name, for people.</summary>
    public string ClientName { get; }

    /// <summary>What it reads.</summary>
    public Subscription Subscription { get; }

    /// <summary>How long its user may take for a record while another member waits.</summary>
    public TimeSpan PollLimit { get; }

    /// <summary>Whether its reader should look at its assignment before it hands out the next record.</summary>
    public bool IsPending
    {
        get => Volatile.Read(ref _isPending);
        set => Volatile.Write(ref _isPending, value);
    }

    /// <summary>Whether it is in the group: it has joined, and has neither left nor been put out.</summary>
    public bool IsIn { get; set; }

    /// <summary>Whether it has left for good.</summary>
    public bool HasLeft { get; set; }

    /// <summary>The topics of its subscription that exist. Replaced as a whole.</summary>
    public IReadOnlyList<string> Topics { get; set; } = [];

    /// <summary>Its place among those that share partitions; valid while the group computes.</summary>
    public int Index { get; set; }

    /// <summary>What it holds.</summary>
    public HashSet<PartitionHold> Holds { get; } = [];

    /// <summary>What was taken from it since it looked last.</summary>
    public List<PartitionHold> Lost { get; set; } = [];

    /// <summary>
    /// The steps when they were seen to change last, and the time stamp of that; null if nobody has looked yet. Only
    /// for the watch.
    /// </summary>
    public (long Steps, long At)? Seen { get; set; }

    /// <summary>How far its user is; null if the consumer is used no more.</summary>
    public IMemberActivity? Activity => _activity.TryGetTarget(out IMemberActivity? activity) ? activity : null;

    /// <summary>What it looks like now.</summary>
    public GroupMemberDescription Describe() => new(
        Id,
        ClientName,
        [
            .. Holds.Select(hold => hold.Partition.Id)
                .OrderBy(id => id.Topic, StringComparer.Ordinal).ThenBy(id => id.Partition),
        ]);

    /// <summary>Has the reader look at its assignment. Under no lock.</summary>
    public void Wake()
    {
        IsPending = true;
        _wake();
    }

    /// <summary>The name and the number: <c>billing-2 (member 17)</c>.</summary>
    public override string ToString() => $"'{ClientName}' (member {Id})";
}

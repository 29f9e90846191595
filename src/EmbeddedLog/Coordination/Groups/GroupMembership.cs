using EmbeddedLog.Partitions.Reading;

namespace EmbeddedLog.Coordination.Groups;

/// <summary>
/// A consumer's place in its group, from its creation on. It is given up by the first dispose, or when the consumer was
/// not disposed and nobody refers to it any more: so the coordinator must not.
/// </summary>
internal sealed class GroupMembership : IDisposable
{
    private readonly GroupCoordinator _coordinator;
    private readonly ConsumerGroup _group;
    private readonly GroupMember _member;

    /// <summary>Set by the first join; read by anyone.</summary>
    private bool _hasJoined;

    /// <summary>One after the end, because a second dispose must not count twice.</summary>
    private int _left;

    public GroupMembership(GroupCoordinator coordinator, ConsumerGroup group, GroupMember member)
    {
        _coordinator = coordinator;
        _group = group;
        _member = member;
    }

    ~GroupMembership() => Leave();

    /// <summary>The group's name; null for a consumer without a group.</summary>
    public string? Group => _group.Name;

    /// <summary>What is read.</summary>
    public Subscription Subscription => _member.Subscription;

    /// <summary>All partitions of the subscription that there are, whoever has them.</summary>
    public IEnumerable<ReadablePartition> Subscribed() => _group.FindSubscribed(_member.Subscription);

    /// <summary>Whether the reader should look at the assignment before it hands out the next record.</summary>
    public bool IsPending => _member.IsPending;

    /// <summary>Whether the place was given up for good.</summary>
    public bool HasLeft => Volatile.Read(ref _left) != 0;

    /// <summary>Whether the consumer has joined; also if it was put out since.</summary>
    public bool HasJoined => Volatile.Read(ref _hasJoined);

    /// <summary>
    /// Joins the group, for the first time, or again after the member was put out. The reader's look follows.
    /// </summary>
    /// <exception cref="InvalidOperationException">A partition that was chosen by hand is taken.</exception>
    public void Join()
    {
        if (!_member.IsIn)
        {
            _group.Join(_member);
            _coordinator.Watch(_group);
            Volatile.Write(ref _hasJoined, true);
        }
    }

    /// <summary>Says that the reader looks now: what changes from here on is pending again.</summary>
    public void BeginLook() => _member.IsPending = false;

    /// <inheritdoc cref="ConsumerGroup.TakeLost"/>
    public IReadOnlyList<PartitionHold> TakeLost() => _group.TakeLost(_member);

    /// <inheritdoc cref="ConsumerGroup.FindRevoked"/>
    public IReadOnlyList<PartitionHold> FindRevoked() => _group.FindRevoked(_member);

    /// <inheritdoc cref="ConsumerGroup.Release"/>
    public void Release(IReadOnlyList<PartitionHold> holds) => _group.Release(_member, holds);

    /// <inheritdoc cref="ConsumerGroup.Acquire"/>
    public IReadOnlyList<PartitionHold> Acquire() => _group.Acquire(_member);

    /// <inheritdoc cref="ConsumerGroup.FindOwner"/>
    public GroupMember? FindOwner(ReadablePartition partition) => _group.FindOwner(partition);

    /// <summary>The exception for a commit in a partition that the member has no longer.</summary>
    public PartitionLostException LostError(PartitionHold hold) =>
        GroupErrors.Lost(Group!, hold, _group.FindOwner(hold.Partition));

    /// <inheritdoc/>
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Leave();
    }

    private void Leave()
    {
        if (Interlocked.Exchange(ref _left, 1) == 0)
        {
            _group.Leave(_member);
            _coordinator.Forget(_group);
        }
    }
}

namespace EmbeddedLog.Coordination.Groups;

/// <summary>A consumer's place in its group; given up by disposing it, once.</summary>
internal sealed class GroupMembership : IDisposable
{
    private readonly GroupRegistry _registry;
    private readonly ulong _topicUid;

    /// <summary>One once given up, for a second dispose must not take the place from the next member.</summary>
    private int _left;

    public GroupMembership(GroupRegistry registry, string group, ulong topicUid)
    {
        _registry = registry;
        _topicUid = topicUid;
        Group = group;
    }

    /// <summary>The group.</summary>
    public string Group { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _left, 1) == 0)
        {
            _registry.Leave(Group, _topicUid);
        }
    }
}

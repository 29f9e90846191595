namespace EmbeddedLog.Coordination.Groups;

/// <summary>A consumer's membership in its group; ended by the first dispose.</summary>
internal sealed class GroupMembership : IDisposable
{
    private readonly GroupRegistry _registry;
    private readonly ulong _topicUid;

    /// <summary>One after the end, because a second dispose must not end the next member's membership.</summary>
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

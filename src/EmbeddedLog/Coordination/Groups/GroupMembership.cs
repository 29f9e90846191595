using EmbeddedLog.Partitions;

namespace EmbeddedLog.Coordination.Groups;

/// <summary>
/// A consumer's membership in its group. It ends by the first dispose, or when the consumer was not disposed and nobody
/// refers to it any more: so the registry must not.
/// </summary>
internal sealed class GroupMembership : IDisposable
{
    private readonly GroupRegistry _registry;
    private readonly IReadOnlyList<PartitionLog> _partitions;

    /// <summary>One after the end, because a second dispose must not end the next member's membership.</summary>
    private int _left;

    public GroupMembership(GroupRegistry registry, string group, IReadOnlyList<PartitionLog> partitions)
    {
        _registry = registry;
        Group = group;
        _partitions = partitions;
    }

    ~GroupMembership() => Leave();

    /// <summary>The group.</summary>
    public string Group { get; }

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
            _registry.Leave(Group, _partitions);
        }
    }
}

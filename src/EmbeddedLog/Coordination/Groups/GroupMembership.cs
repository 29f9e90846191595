using EmbeddedLog.Partitions;

namespace EmbeddedLog.Coordination.Groups;

/// <summary>A consumer's membership in its group; ended by the first dispose.</summary>
internal sealed class GroupMembership : IDisposable
{
    private readonly GroupRegistry _registry;

    /// <summary>One after the end, because a second dispose must not end the next member's membership.</summary>
    private int _left;

    public GroupMembership(GroupRegistry registry, string group, IReadOnlyList<PartitionLog> partitions, string reads)
    {
        _registry = registry;
        Group = group;
        Partitions = partitions;
        Reads = reads;
    }

    /// <summary>The group.</summary>
    public string Group { get; }

    /// <summary>The partitions that nobody else of the group reads.</summary>
    public IReadOnlyList<PartitionLog> Partitions { get; }

    /// <summary>What it reads, in words.</summary>
    public string Reads { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _left, 1) == 0)
        {
            _registry.Leave(this);
        }
    }
}

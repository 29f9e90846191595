namespace EmbeddedLog.Testing.Simulation;

/// <summary>A directory: the names that programs see, and those that a power loss would leave.</summary>
internal sealed class DirectoryNode : DiskNode
{
    private readonly SortedDictionary<string, DiskNode> _live = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, DiskNode> _durable = new(StringComparer.Ordinal);

    /// <summary>The names that programs see, in ordinal order.</summary>
    public IReadOnlyDictionary<string, DiskNode> Live => _live;

    /// <summary>The names on the device, in ordinal order.</summary>
    public IReadOnlyDictionary<string, DiskNode> Durable => _durable;

    /// <summary>Lets a live name stand for <paramref name="node"/>, or for nothing.</summary>
    public void SetLive(string name, DiskNode? node)
    {
        node?.HoldLive();
        if (_live.Remove(name, out DiskNode? old))
        {
            old.ReleaseLive();
        }

        if (node is not null)
        {
            _live.Add(name, node);
        }
    }

    /// <summary>Lets a durable name stand for <paramref name="node"/>, or for nothing.</summary>
    public void SetDurable(string name, DiskNode? node)
    {
        node?.HoldDurable();
        if (_durable.Remove(name, out DiskNode? old))
        {
            old.ReleaseDurable();
        }

        if (node is not null)
        {
            _durable.Add(name, node);
        }
    }
}

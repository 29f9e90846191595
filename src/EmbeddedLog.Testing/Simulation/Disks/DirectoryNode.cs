namespace EmbeddedLog.Testing.Simulation.Disks;

/// <summary>
/// A directory: the live names, which programs see, and the durable ones, which survive a power loss.
/// </summary>
internal sealed class DirectoryNode : DiskNode
{
    private readonly SortedDictionary<string, DiskNode> _live = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, DiskNode> _durable = new(StringComparer.Ordinal);

    /// <summary>The names that programs see, in ordinal order.</summary>
    public IReadOnlyDictionary<string, DiskNode> Live => _live;

    /// <summary>The names on the device, in ordinal order.</summary>
    public IReadOnlyDictionary<string, DiskNode> Durable => _durable;

    /// <summary>Points a live name to <paramref name="node"/>, or removes it.</summary>
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

    /// <summary>Points a durable name to <paramref name="node"/>, or removes it.</summary>
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

namespace EmbeddedLog.Testing.Simulation.Disks;

/// <summary>The changes of names that are not durable yet, in the order in which they were made.</summary>
internal sealed class MetadataJournal
{
    private readonly List<MetadataOperation> _pending = [];

    /// <summary>The pending operations, oldest first.</summary>
    public IReadOnlyList<MetadataOperation> Pending => _pending;

    public void Add(MetadataOperation operation)
    {
        operation.Node.HoldDurable();
        _pending.Add(operation);
    }

    /// <summary>Makes durable what touches <paramref name="directory"/>, and all that it builds on.</summary>
    public void Sync(DirectoryNode directory)
    {
        bool[] required = FindRequired(directory);
        int kept = 0;
        for (int index = 0; index < _pending.Count; index++)
        {
            MetadataOperation operation = _pending[index];
            if (!required[index])
            {
                _pending[kept++] = operation;
                continue;
            }

            if (!operation.TryApply())
            {
                throw new InvalidOperationException($"The simulated disk lost the order of its names at {operation}.");
            }

            operation.Node.ReleaseDurable();
        }

        _pending.RemoveRange(kept, _pending.Count - kept);
    }

    /// <summary>Makes everything durable.</summary>
    public void SyncAll()
    {
        foreach (MetadataOperation operation in _pending)
        {
            operation.TryApply();
            operation.Node.ReleaseDurable();
        }

        _pending.Clear();
    }

    /// <summary>
    /// Applies each operation with the given probability, and only where those that it builds on were applied. What is
    /// not applied is lost.
    /// </summary>
    public void ApplySome(double share, Random random)
    {
        foreach (MetadataOperation operation in _pending)
        {
            if (random.NextDouble() < share)
            {
                operation.TryApply();
            }

            operation.Node.ReleaseDurable();
        }

        _pending.Clear();
    }

    /// <summary>
    /// Which operations a sync needs: those on a name in the directory, and before them those on names that they use,
    /// such as the creation, elsewhere, of a file that was then moved here.
    /// </summary>
    private bool[] FindRequired(DirectoryNode directory)
    {
        bool[] required = new bool[_pending.Count];
        var directories = new HashSet<DirectoryNode> { directory };
        var names = new HashSet<(DirectoryNode, string)>();
        for (int index = _pending.Count - 1; index >= 0; index--)
        {
            MetadataOperation operation = _pending[index];
            if (!IsUsed(operation.FromDirectory, operation.From) && !IsUsed(operation.ToDirectory, operation.To))
            {
                continue;
            }

            required[index] = true;
            Use(operation.FromDirectory, operation.From);
            Use(operation.ToDirectory, operation.To);
            if (operation is { ToDirectory: null, Node: DirectoryNode removed })
            {
                // A directory can go only after all that was in it.
                directories.Add(removed);
            }
        }

        return required;

        bool IsUsed(DirectoryNode? holder, string? name) =>
            holder is not null && (directories.Contains(holder) || names.Contains((holder, name!)));

        void Use(DirectoryNode? holder, string? name)
        {
            if (holder is not null)
            {
                names.Add((holder, name!));
            }
        }
    }
}

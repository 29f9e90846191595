namespace EmbeddedLog.Testing.Simulation.Disks;

/// <summary>
/// A change of names that programs see and the device does not have yet: a name that appears (no <c>From</c>), goes (no
/// <c>To</c>), or moves.
/// </summary>
/// <param name="Node">What the name stands for.</param>
/// <param name="FromDirectory">Where the name goes.</param>
/// <param name="From">The name that goes.</param>
/// <param name="ToDirectory">Where the name appears.</param>
/// <param name="To">The name that appears.</param>
internal sealed record MetadataOperation(
    DiskNode Node, DirectoryNode? FromDirectory, string? From, DirectoryNode? ToDirectory, string? To)
{
    /// <summary>What the name that appears stood for before, if anything.</summary>
    public DiskNode? Replaced { get; init; }

    /// <summary>
    /// Applies the operation to the durable names, unless an earlier one that it builds on was not applied: what goes
    /// must be there, what is in the place of the new name must be what the operation replaced, and a directory goes
    /// only when it is empty.
    /// </summary>
    public bool TryApply()
    {
        if (FromDirectory is not null
            && (!FromDirectory.Durable.TryGetValue(From!, out DiskNode? found) || found != Node))
        {
            return false;
        }

        if (ToDirectory is not null
            && ToDirectory.Durable.TryGetValue(To!, out DiskNode? standing)
            && standing != Replaced)
        {
            return false;
        }

        if (ToDirectory is null && Node is DirectoryNode { Durable.Count: > 0 })
        {
            return false;
        }

        // The new name comes first, so that the node is never without a holder.
        ToDirectory?.SetDurable(To!, Node);
        FromDirectory?.SetDurable(From!, null);
        return true;
    }
}

namespace EmbeddedLog.Testing.Simulation.Disks;

/// <summary>Actions that a program must never do to a disk.</summary>
internal enum DiskViolationKind
{
    /// <summary>
    /// A store through a map to a page without a block, or beyond the end: the process can die of it.
    /// </summary>
    StoreBeyondAllocation,

    /// <summary>A store to memory after its last map was disposed: it hits the next map at that address.</summary>
    StoreAfterUnmap,

    /// <summary>
    /// A file was closed while another call on it was under way: the call can hit a reused descriptor.
    /// </summary>
    ClosedDuringCall,
}

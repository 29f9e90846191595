namespace EmbeddedLog;

/// <summary>How appends reach the page cache.</summary>
public enum WriteMode
{
    /// <summary>By the kind of file system: mapped where it is known to be sound there, else positional.</summary>
    Auto,

    /// <summary>
    /// Stores into a memory map of space that the disk has set aside. The fastest, where the file system can do it.
    /// Refused where it cannot: where files can share blocks (XFS with reflink, btrfs, APFS), on stacked, network and
    /// unknown file systems, and where space cannot be reserved.
    /// </summary>
    Mapped,

    /// <summary>
    /// Positional writes. Slower for single records, but a file system that stalls does not stall the process.
    /// </summary>
    Positional,
}

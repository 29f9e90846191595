namespace EmbeddedLog;

/// <summary>How appends reach the page cache.</summary>
public enum WriteMode
{
    /// <summary>By the type of the file system: mapped if that is known to be safe there, else positional.</summary>
    Auto,

    /// <summary>
    /// Stores into a memory map of space that the disk has set aside. The fastest mode. Refused on file systems where
    /// it is not safe: files can share blocks (XFS with reflink, btrfs, APFS), the file system is stacked, on a network
    /// or unknown, or space cannot be reserved.
    /// </summary>
    Mapped,

    /// <summary>
    /// Positional writes. Slower for single records, but a file system that stalls does not stall the process.
    /// </summary>
    Positional,
}

using System.Globalization;

namespace EmbeddedLog.IO.Linux;

/// <summary>A type of file system by its magic number.</summary>
/// <param name="Name">Its name.</param>
/// <param name="KeepsBlocks">
/// Whether an allocated page is written in place, without new space, so that a store to it through a map cannot run out
/// of space.
/// </param>
internal readonly record struct LinuxFileSystemType(string Name, bool KeepsBlocks)
{
    /// <summary>
    /// Whether one call flushes all its files for less than one call for each, because its journal is written once.
    /// Other types are unknown, or known to be slower (btrfs ends a whole transaction).
    /// </summary>
    public bool IsFlushedAtOnce => Name is "ext4" or "xfs";

    /// <summary>
    /// Whether it is XFS. With <c>reflink=1</c>, the default of mkfs since 2019, a copy can share the blocks of a file
    /// at any moment, and a later store then needs a new block. No check before the store would hold until the store.
    /// </summary>
    public bool IsXfs => Name is "xfs";

    /// <summary>
    /// Whether a directory has the same inode number after another mount. Stacked and user-space file systems may give
    /// new numbers; for types without a name it is unknown.
    /// </summary>
    public bool KeepsNumbers => Name is not ("overlay" or "fuse") && !Name.StartsWith("0x", StringComparison.Ordinal);

    /// <summary>
    /// The type with this number. Blocks are kept only by types that are known to keep them. Copy-on-write types
    /// (btrfs, zfs, bcachefs) write a page elsewhere each time. So does the log-structured f2fs, whose fault handler
    /// may also report "no space" for allocated pages while checkpoints are off. Stacked, user-space and network types
    /// (overlay, FUSE, NFS, SMB, 9p) depend on the file system below them.
    /// </summary>
    public static LinuxFileSystemType Of(uint number) => number switch
    {
        0xEF53 => new("ext4", KeepsBlocks: true),
        0x58465342 => new("xfs", KeepsBlocks: true),
        0x01021994 => new("tmpfs", KeepsBlocks: true),
        0xF2F52010 => new("f2fs", KeepsBlocks: false),
        0x9123683E => new("btrfs", KeepsBlocks: false),
        0x2FC12FC1 => new("zfs", KeepsBlocks: false),
        0xCA451A4E => new("bcachefs", KeepsBlocks: false),
        0x794C7630 => new("overlay", KeepsBlocks: false),
        0x65735546 => new("fuse", KeepsBlocks: false),
        0x6969 => new("nfs", KeepsBlocks: false),
        0xFF534D42 or 0xFE534D42 => new("smb", KeepsBlocks: false),
        0x01021997 => new("9p", KeepsBlocks: false),
        0x858458F6 => new("ramfs", KeepsBlocks: false),
        0x4D44 => new("vfat", KeepsBlocks: false),
        0x2011BAB0 => new("exfat", KeepsBlocks: false),
        0x7366746E => new("ntfs", KeepsBlocks: false),
        _ => new("0x" + number.ToString("x", CultureInfo.InvariantCulture), KeepsBlocks: false),
    };
}

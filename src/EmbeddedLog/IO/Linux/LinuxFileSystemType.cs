using System.Globalization;

namespace EmbeddedLog.IO.Linux;

/// <summary>A type of file system by its magic number.</summary>
/// <param name="Name">Its name.</param>
/// <param name="KeepsBlocks">
/// Whether a page that was allocated is written where it stands, without needing space once more, so that a store to it
/// through a map cannot run out of space.
/// </param>
internal readonly record struct LinuxFileSystemType(string Name, bool KeepsBlocks)
{
    /// <summary>
    /// Whether one call puts all its files on the disk for less than one for each: a journal that is written once. Of
    /// others it is not known, or known to be otherwise (btrfs ends a whole transaction).
    /// </summary>
    public bool IsFlushedAtOnce => Name is "ext4" or "xfs";

    /// <summary>
    /// Whether it is XFS, of which one keeps its blocks and another does not: what was made with <c>reflink=1</c>, the
    /// default of mkfs since 2019, lets a copy share the blocks of a file at any moment, and a store needs a new one
    /// from then on. Nothing that is looked at before the store would hold until the store.
    /// </summary>
    public bool IsXfs => Name is "xfs";

    /// <summary>
    /// Whether a directory has the same inode number after another mount. Stacked and user-space file systems may
    /// number what they come across; of types without a name it is not known.
    /// </summary>
    public bool KeepsNumbers => Name is not ("overlay" or "fuse") && !Name.StartsWith("0x", StringComparison.Ordinal);

    /// <summary>
    /// The type with this number. Only types that are known to keep their blocks do: copy-on-write ones (btrfs, zfs,
    /// bcachefs) write a page elsewhere each time; f2fs does too, being log-structured, and its fault handler may
    /// answer "no space" while checkpoints are off, allocated or not; stacked, user-space and network ones (overlay,
    /// FUSE, NFS, SMB, 9p) do whatever lies below them does.
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

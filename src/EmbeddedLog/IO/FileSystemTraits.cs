namespace EmbeddedLog.IO;

/// <summary>The type and the properties of a file system.</summary>
/// <param name="Name">Its type as the system names it, such as <c>ext4</c> or <c>btrfs</c>.</param>
/// <param name="CanAllocate">Whether <see cref="LogFile.Allocate"/> reserves real blocks.</param>
/// <param name="MappedStoresAreSafe">
/// Whether stores through a map to allocated blocks never run out of space (false on copy-on-write, stacked,
/// user-space, network and unknown file systems).
/// </param>
internal readonly record struct FileSystemTraits(string Name, bool CanAllocate, bool MappedStoresAreSafe)
{
    /// <summary>Whether files may be written through a map: each store meets a page with a place on disk.</summary>
    public bool CanMap => CanAllocate && MappedStoresAreSafe;

    /// <summary>The smallest number of files for which <see cref="FileSystem.FlushTogether"/> saves time.</summary>
    public int MinFlushedTogether { get; init; } = int.MaxValue;
}

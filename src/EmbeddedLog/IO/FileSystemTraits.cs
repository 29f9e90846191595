namespace EmbeddedLog.IO;

/// <summary>What a file system is and can do.</summary>
/// <param name="Name">Its type as the system names it, such as <c>ext4</c> or <c>btrfs</c>.</param>
/// <param name="CanAllocate">Whether <see cref="LogFile.Allocate"/> reserves real blocks.</param>
/// <param name="MappedStoresAreSafe">
/// Whether allocated blocks can be stored to through a map without a later "no space" (not so on copy-on-write,
/// stacked, user-space, network and unknown file systems).
/// </param>
internal readonly record struct FileSystemTraits(string Name, bool CanAllocate, bool MappedStoresAreSafe)
{
    /// <summary>
    /// How many files must be flushed at once for <see cref="FileSystem.FlushTogether"/> to save anything.
    /// </summary>
    public int MinFlushedTogether { get; init; } = int.MaxValue;
}

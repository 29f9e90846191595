namespace EmbeddedLog.IO.Windows;

/// <summary>The properties of a directory's volume on Windows, and their consequences.</summary>
/// <param name="Name">The type of the file system; for a share, that of the server.</param>
/// <param name="IsRemote">Whether it is on another machine, or the host of this one.</param>
/// <param name="IsCompressed">Whether new files in the directory are compressed.</param>
/// <param name="Allocates">Whether space could be reserved there; null if that could not be tried.</param>
/// <param name="ReservesMaps">Whether the system has maps that grow with their file.</param>
internal readonly record struct WindowsVolume(
    string Name, bool IsRemote, bool IsCompressed, bool? Allocates, bool ReservesMaps)
{
    /// <summary>
    /// Only a local NTFS keeps a page where it was reserved. A compressed page needs space when it is written. ReFS and
    /// all others may write a page elsewhere each time. The file system behind a share is unknown.
    /// </summary>
    public FileSystemTraits Traits
    {
        get
        {
            bool isNtfs = Name == "NTFS";
            bool canAllocate = Allocates ?? isNtfs;
            string kind = IsRemote ? "remote " : IsCompressed ? "compressed " : "";
            return new FileSystemTraits(
                kind + Name,
                canAllocate,
                MappedStoresAreSafe: isNtfs && canAllocate && !IsRemote && !IsCompressed && ReservesMaps);
        }
    }
}

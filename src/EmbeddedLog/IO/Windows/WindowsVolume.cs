namespace EmbeddedLog.IO.Windows;

/// <summary>What has been learnt of a directory on Windows, and what follows from it.</summary>
/// <param name="Name">The type of the file system, as the system names it: servers say theirs.</param>
/// <param name="IsRemote">Whether it is on another machine, or the host of this one.</param>
/// <param name="IsCompressed">Whether new files in the directory are compressed.</param>
/// <param name="Allocates">Whether space could be reserved there; null where that could not be tried.</param>
/// <param name="ReservesMaps">Whether the system has maps that grow with their file.</param>
internal readonly record struct WindowsVolume(
    string Name, bool IsRemote, bool IsCompressed, bool? Allocates, bool ReservesMaps)
{
    /// <summary>
    /// Only a local NTFS keeps a page where it was reserved. A compressed page needs space when it is written; ReFS and
    /// all others may write a page elsewhere each time; and a server does what it likes, whatever name it says.
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

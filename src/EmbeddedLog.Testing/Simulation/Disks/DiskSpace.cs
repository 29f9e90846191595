using EmbeddedLog.Testing.Simulation.Pages;

namespace EmbeddedLog.Testing.Simulation.Disks;

/// <summary>How much of a disk there is, and how much of it is taken. Needs the disk's lock.</summary>
internal sealed class DiskSpace
{
    /// <summary>The number of pages with a block among the files that a program can reach.</summary>
    private long _usedPages;

    /// <summary>The size in bytes; may change at any time, so that a full disk can get space again.</summary>
    public long CapacityBytes { get; set; } = long.MaxValue;

    /// <summary>The bytes taken by the files that a program can reach.</summary>
    public long UsedBytes => _usedPages * SimulatedDisk.PageBytes;

    /// <summary>
    /// Takes space for those pages of a file's range that have no block; false where there is not enough.
    /// </summary>
    public bool TryTake(FileImage image, long position, long length)
    {
        int missing = image.Allocated.CountMissing(
            (int)(position / SimulatedDisk.PageBytes), FileImage.PageCount(position + length));
        if (missing > 0 && _usedPages + missing > CapacityBytes / SimulatedDisk.PageBytes)
        {
            return false;
        }

        _usedPages += missing;
        return true;
    }

    /// <summary>Takes what the files of a directory and of those below it have.</summary>
    public void Take(DirectoryNode directory)
    {
        foreach (DiskNode node in directory.Live.Values)
        {
            if (node is DirectoryNode child)
            {
                Take(child);
            }
            else
            {
                _usedPages += ((FileNode)node).Image.Allocated.Count;
            }
        }
    }

    /// <summary>Gives pages back.</summary>
    public void Free(int pages) => _usedPages -= pages;
}

using EmbeddedLog.Testing.Simulation.Pages;

namespace EmbeddedLog.Testing.Simulation.Disks;

/// <summary>
/// A file apart from its names: it lives as long as a name, a handle, a map or a pending operation needs it.
/// </summary>
internal sealed class FileNode : DiskNode
{
    private readonly SimulatedDisk _disk;

    /// <summary>Live names, handles and maps.</summary>
    private int _liveHolders;

    /// <summary>Durable names and pending operations.</summary>
    private int _durableHolders;

    public FileNode(SimulatedDisk disk, FileImage image)
    {
        _disk = disk;
        Image = image;
        disk.Register(this);
    }

    /// <summary>The file's bytes.</summary>
    public FileImage Image { get; }

    /// <summary>The place in the disk's list of files, kept by the disk.</summary>
    public int Index { get; set; }

    /// <summary>Whether a stray store was reported already: one is enough, and its bytes stay where they are.</summary>
    public bool StrayReported { get; set; }

    /// <summary>The last path that the file was opened under, for messages.</summary>
    public string Path { get; set; } = "";

    public override void HoldLive() => _liveHolders++;

    public override void ReleaseLive()
    {
        if (--_liveHolders == 0)
        {
            _disk.Space.Free(Image.Allocated.Count);
            ReleaseUnheld();
        }
    }

    public override void HoldDurable() => _durableHolders++;

    public override void ReleaseDurable()
    {
        _durableHolders--;
        ReleaseUnheld();
    }

    private void ReleaseUnheld()
    {
        if (_liveHolders == 0 && _durableHolders == 0)
        {
            _disk.Unregister(this);
            Image.Dispose();
        }
    }
}

using EmbeddedLog.Testing.Simulation.Disks;

namespace EmbeddedLog.Testing.Simulation;

/// <summary>A held owner lock.</summary>
internal sealed class SimulatedLock : IDisposable
{
    private readonly SimulatedDisk _disk;
    private readonly FileNode _node;

    /// <summary>Needs the disk's lock, and the node to be locked.</summary>
    public SimulatedLock(SimulatedDisk disk, FileNode node, string path)
    {
        _disk = disk;
        _node = node;
        node.HoldLive();
        disk.Handles.Add(this, path);
    }

    public void Dispose()
    {
        lock (_disk.Gate)
        {
            if (_disk.Handles.Remove(this) && !_disk.HasCrashed)
            {
                _disk.Locked.Remove(_node);
                _node.ReleaseLive();
            }
        }
    }
}

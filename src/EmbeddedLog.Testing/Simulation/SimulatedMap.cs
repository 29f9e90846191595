using EmbeddedLog.IO;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Simulation.Disks;
using EmbeddedLog.Testing.Simulation.Pages;

namespace EmbeddedLog.Testing.Simulation;

/// <summary>A map of a simulated file: the very memory of its live image.</summary>
internal sealed unsafe class SimulatedMap : MappedMemory
{
    private readonly SimulatedDisk _disk;
    private readonly FileNode _node;
    private readonly byte* _pointer;
    private readonly long _length;

    /// <summary>Whether it is unmapped; under the disk's lock.</summary>
    private bool _isDisposed;

    /// <summary>Needs the disk's lock.</summary>
    public SimulatedMap(SimulatedDisk disk, FileNode node, string path, byte* pointer, long length)
    {
        _disk = disk;
        _node = node;
        _pointer = pointer;
        _length = length;
        node.HoldLive();
        disk.Handles.Add(this, path);
    }

    public override byte* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _pointer;
        }
    }

    public override long Length => _length;

    public override bool TryPrepareForWrite(long position, long length)
    {
        lock (_disk.Gate)
        {
            if (!TryEnter(FaultKind.PrepareForWrite, position, length))
            {
                return false;
            }

            _disk.Search(_node, 0);

            // Preparing a page without a block takes one, as a store would; where there is none left it is refused.
            if (!_disk.Space.TryTake(_node.Image, position, length))
            {
                return false;
            }

            _node.Image.Allocated.Add(
                (int)(position / SimulatedDisk.PageBytes), FileImage.PageCount(position + length));
            return true;
        }
    }

    public override bool TryPrepareForRead(long position, long length)
    {
        lock (_disk.Gate)
        {
            return TryEnter(FaultKind.PrepareForRead, position, length);
        }
    }

    public override void Dispose()
    {
        lock (_disk.Gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            _disk.Handles.Remove(this);
            if (!_disk.HasCrashed)
            {
                _disk.Unmap(_node);
                _node.ReleaseLive();
            }
        }
    }

    /// <summary>
    /// Counts the call; false if a real system would refuse, because a page of the range is beyond the end.
    /// </summary>
    private bool TryEnter(FaultKind kind, long position, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(position, _length - length);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _disk.Counters.Add(kind);
        long end = FileImage.PageCount(_node.Image.Length) * (long)SimulatedDisk.PageBytes;
        return !_disk.HasCrashed && position + length <= end;
    }
}

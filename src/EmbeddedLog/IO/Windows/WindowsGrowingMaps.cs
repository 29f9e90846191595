using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.IO.Windows;

/// <summary>
/// The live maps of one open file that reach beyond its end. Each of them grows with the file. All members lock the
/// instance, so that no map is unmapped while it grows.
/// </summary>
[SupportedOSPlatform("windows")]
internal sealed class WindowsGrowingMaps
{
    private readonly Lock _lock = new();

    /// <summary>Under the lock.</summary>
    private readonly List<WindowsMappedMemory> _maps = [];

    /// <summary>How many there are. Under the lock; read by anyone.</summary>
    private int _count;

    /// <summary>Adds a map, and extends it to the file's end.</summary>
    /// <exception cref="FileSystemException">It cannot; the map was not added.</exception>
    public void Add(WindowsMappedMemory map, SafeFileHandle file, long fileLength)
    {
        lock (_lock)
        {
            if (!map.ShowUpTo(file, fileLength))
            {
                _maps.Add(map);
                Volatile.Write(ref _count, _maps.Count);
            }
        }
    }

    /// <summary>Takes a map out before it is unmapped.</summary>
    public void Remove(WindowsMappedMemory map)
    {
        lock (_lock)
        {
            _maps.Remove(map);
            Volatile.Write(ref _count, _maps.Count);
        }
    }

    /// <summary>Extends all maps to the end of a file that has grown; costs nothing if there are none.</summary>
    /// <exception cref="FileSystemException">A map cannot be extended; another call tries again.</exception>
    public void Grow(SafeFileHandle file, long fileLength)
    {
        if (Volatile.Read(ref _count) == 0)
        {
            return;
        }

        lock (_lock)
        {
            for (int i = _maps.Count - 1; i >= 0; i--)
            {
                if (_maps[i].ShowUpTo(file, fileLength))
                {
                    _maps.RemoveAt(i);
                }
            }

            Volatile.Write(ref _count, _maps.Count);
        }
    }
}

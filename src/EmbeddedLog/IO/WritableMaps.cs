namespace EmbeddedLog.IO;

/// <summary>
/// The live writable maps of one open file, for systems where a flush of the file does not cover what was stored
/// through maps (macOS, Windows). All members lock the instance, so that no map is unmapped while a flush is at it.
/// </summary>
internal sealed class WritableMaps
{
    private readonly Lock _lock = new();

    /// <summary>The maps not yet disposed of. Under the lock.</summary>
    private readonly List<IWritableMap> _maps = [];

    /// <summary>Why the stores of a map that is gone did not reach the file. Under the lock.</summary>
    private FileSystemException? _lost;

    /// <summary>Whether the file is closed: nothing can be flushed any more. Under the lock.</summary>
    private bool _closed;

    public void Add(IWritableMap map)
    {
        lock (_lock)
        {
            _maps.Add(map);
        }
    }

    /// <summary>
    /// Takes a map out before it is unmapped. A flush after that must cover its stores too, so they are handed over
    /// now; a failure is kept for that flush to throw.
    /// </summary>
    public void Remove(IWritableMap map)
    {
        lock (_lock)
        {
            if (!_maps.Remove(map) || _closed)
            {
                return;
            }

            try
            {
                map.Sync(0, map.Length);
            }
            catch (FileSystemException e)
            {
                _lost ??= e;
            }
        }
    }

    /// <summary>Hands the stores of the range in every map over to the file.</summary>
    public void Sync(long position, long length)
    {
        lock (_lock)
        {
            if (_lost is { } lost)
            {
                throw new FileSystemException(lost.Operation, lost.Path, lost.Error, lost.SystemCode, lost.Reason)
                {
                    IsFailedFlush = true,
                };
            }

            foreach (IWritableMap map in _maps)
            {
                long mapped = Math.Min(length, map.Length - position);
                if (mapped > 0)
                {
                    map.Sync(position, mapped);
                }
            }
        }
    }

    /// <summary>The file is being closed.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
        }
    }
}

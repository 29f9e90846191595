using EmbeddedLog.IO;

namespace EmbeddedLog.Topics;

/// <summary>
/// Removes directories that no longer belong to a topic. Windows keeps a file that a lease or a follower has mapped,
/// and so do FUSE and NFS, under another name: its directory is removed by <see cref="Retry"/> after that, or by the
/// next opening.
/// </summary>
internal sealed class TopicDebris(FileSystem files)
{
    private readonly Lock _removing = new();

    /// <summary>The directories with files in use. Under <see cref="_removing"/>.</summary>
    private readonly List<string> _inUse = [];

    /// <summary>Removes a directory with all its entries that are not in use.</summary>
    /// <exception cref="FileSystemException">The file system failed.</exception>
    public void Remove(string directory)
    {
        if (!TryRemove(directory))
        {
            lock (_removing)
            {
                _inUse.Add(directory);
            }
        }
    }

    /// <summary>
    /// The same for a directory whose name may be used again: false if something is in use, and no later call removes
    /// it by itself.
    /// </summary>
    /// <exception cref="FileSystemException">The file system failed.</exception>
    public bool TryRemove(string directory)
    {
        if (!files.DirectoryExists(directory))
        {
            return true;
        }

        bool all = true;
        foreach (string name in files.ListDirectories(directory))
        {
            all &= TryRemove(Path.Combine(directory, name));
        }

        foreach (string name in files.ListFiles(directory))
        {
            all &= TryDelete(files.DeleteFile, Path.Combine(directory, name));
        }

        return all && TryDelete(files.DeleteDirectory, directory);
    }

    /// <summary>Removes entries that are no longer in use; others stay for another call. From any thread.</summary>
    public void Retry()
    {
        lock (_removing)
        {
            _inUse.RemoveAll(IsRemoved);
        }
    }

    private bool IsRemoved(string directory)
    {
        try
        {
            return TryRemove(directory);
        }
        catch (FileSystemException)
        {
            // No topic uses it any more, and the next opening finds it.
            return false;
        }
    }

    private static bool TryDelete(Action<string> delete, string path)
    {
        try
        {
            delete(path);
            return true;
        }
        catch (FileSystemException failure) when (failure.Error == FileSystemError.InUse)
        {
            return false;
        }
    }
}

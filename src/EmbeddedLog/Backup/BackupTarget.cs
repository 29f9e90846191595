using EmbeddedLog.Files;
using EmbeddedLog.IO;

namespace EmbeddedLog.Backup;

/// <summary>
/// The directory of a backup, locked like a log's directory, so that no process makes it a log meanwhile. If the backup
/// is not completed, everything in it is removed.
/// </summary>
internal sealed class BackupTarget : IDisposable
{
    private readonly FileSystem _files;
    private readonly IDisposable _lock;
    private readonly bool _isMade;
    private bool _isComplete;

    private BackupTarget(FileSystem files, string path, IDisposable taken, bool isMade)
    {
        _files = files;
        Path = path;
        _lock = taken;
        _isMade = isMade;
    }

    /// <summary>The full path.</summary>
    public string Path { get; }

    /// <summary>Takes a directory that is missing or empty.</summary>
    /// <exception cref="LogDirectoryException">It is neither, or is inside the log's directory.</exception>
    /// <exception cref="LogOwnedException">Another backup is being made there.</exception>
    public static BackupTarget Take(FileSystem files, string log, string path)
    {
        if (Contains(log, path) || Contains(path, log))
        {
            throw new LogDirectoryException(
                $"A backup of '{log}' cannot be made in '{path}'. Name a directory beside that of the log.")
            {
                File = path,
            };
        }

        bool isMade = !files.DirectoryExists(path);
        if (isMade)
        {
            DirectoryCreation.CreateDurably(files, path);
        }
        else if (files.ListDirectories(path).Concat(files.ListFiles(path))
            .FirstOrDefault(name => !OwnNames.IsCommonplace(name)) is { } found)
        {
            throw new LogDirectoryException(
                $"'{path}' is not empty: it holds '{found}'. Name a directory that is missing or empty for the backup; "
                + "what a backup that was cut off has left can be removed.")
            {
                File = path,
            };
        }

        string lockPath = System.IO.Path.Combine(path, OwnNames.Lock);
        return files.TryLock(lockPath) is { } taken
            ? new BackupTarget(files, path, taken, isMade)
            : throw OwnerErrors.Owned(path, files.ReadLockOwner(lockPath), waited: null);
    }

    /// <summary>Marks the backup as complete, so that it stays.</summary>
    public void Complete() => _isComplete = true;

    /// <summary>The library's exception for a failed backup.</summary>
    public static EmbeddedLogException Failed(string path, FileSystemException failure) => failure.Error switch
    {
        FileSystemError.NoSpace or FileSystemError.QuotaExceeded => new DiskFullException(
            $"There is no space for the backup '{path}': {failure.Message} What was made of it was removed; the log is "
            + "as it was. Free some space there, or choose another disk.",
            failure)
        {
            File = failure.Path,
        },
        _ => new LogIOException(
            $"The backup '{path}' could not be made: {failure.Message} What was made of it was removed; the log is as "
            + "it was.",
            failure)
        {
            File = failure.Path,
        },
    };

    /// <summary>Removes a directory with its contents.</summary>
    public static void DeleteTree(FileSystem files, string directory)
    {
        foreach (string name in files.ListDirectories(directory))
        {
            DeleteTree(files, System.IO.Path.Combine(directory, name));
        }

        foreach (string name in files.ListFiles(directory))
        {
            files.DeleteFile(System.IO.Path.Combine(directory, name));
        }

        files.DeleteDirectory(directory);
    }

    public void Dispose()
    {
        bool remains = false;
        try
        {
            if (!_isComplete)
            {
                Clear();
                remains = !TryRemoveLock();
            }
        }
        catch (FileSystemException)
        {
            // Without a session no process opens it, and the next backup names the rest.
        }
        finally
        {
            _lock.Dispose();
        }

        if (remains)
        {
            TryRemoveLock();
        }
    }

    /// <summary>Removes everything but the lock. The session goes first, because it makes the rest a log.</summary>
    private void Clear()
    {
        _files.DeleteFile(System.IO.Path.Combine(Path, SessionFile.FileName));
        foreach (string name in _files.ListFiles(Path).Where(name => OwnNames.IsInLog(name) && name != OwnNames.Lock))
        {
            _files.DeleteFile(System.IO.Path.Combine(Path, name));
        }

        foreach (string name in _files.ListDirectories(Path).Where(OwnNames.IsInLog))
        {
            DeleteTree(_files, System.IO.Path.Combine(Path, name));
        }
    }

    /// <summary>
    /// Removes the lock's file, and the directory if it was made for this backup. While the lock is held, so that no
    /// other process has that file. False if the file cannot be removed before its release: on Windows, where the file
    /// of a later holder cannot be removed.
    /// </summary>
    private bool TryRemoveLock()
    {
        try
        {
            _files.DeleteFile(System.IO.Path.Combine(Path, OwnNames.Lock));
            if (_isMade)
            {
                _files.DeleteDirectory(Path);
            }

            return true;
        }
        catch (FileSystemException failure)
        {
            return failure.Error != FileSystemError.InUse;
        }
    }

    private static bool Contains(string directory, string path) =>
        path == directory
        || path.StartsWith(
            System.IO.Path.TrimEndingDirectorySeparator(directory) + System.IO.Path.DirectorySeparatorChar,
            StringComparison.Ordinal);
}

using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.IO.Unix;

/// <summary>
/// The exclusive lock of a directory: flock on a file in it, and on the directory itself. With the file's lock alone,
/// another process could delete or replace the file and lock the new one while the holder goes on writing. The
/// directory cannot be replaced under its contents.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed class UnixDirectoryLock : IDisposable
{
    /// <summary>How often a file that was replaced between opening and locking is opened again.</summary>
    private const int MaxAttempts = 16;

    /// <summary>
    /// The directories that logs of this process hold, read and written under its own monitor. On a file system that
    /// implements flock by locks that belong to the process, flock would admit a second log of the same process.
    /// </summary>
    private static readonly HashSet<(ulong Device, ulong Inode)> s_held = [];

    private readonly SafeFileHandle _directory;

    /// <summary>The locked file; null before. Written before the lock is handed out, then only read.</summary>
    private SafeFileHandle? _file;

    /// <summary>The directory's entry in <see cref="s_held"/>; null before. Written like the file.</summary>
    private (ulong Device, ulong Inode)? _entry;

    /// <summary>
    /// One after the first <see cref="Dispose"/>, so that a second one does not free a successor's lock.
    /// </summary>
    private int _disposed;

    private UnixDirectoryLock(SafeFileHandle directory)
    {
        _directory = directory;
    }

    /// <summary>The lock, or null while it is held elsewhere.</summary>
    public static UnixDirectoryLock? TryTake(UnixFileSystem files, string path)
    {
        string parent = Path.GetDirectoryName(path)
            ?? throw new ArgumentException("The lock file must be in a directory.", nameof(path));
        UnixDirectoryLock taken = new(files.OpenDirectory(parent));
        try
        {
            if (taken.TryRegister(files.GetStatus(taken._directory, parent))
                && taken.TryLockDirectory(files)
                && taken.TryLockFile(files, path))
            {
                taken.WriteOwner();
                return taken;
            }
        }
        catch
        {
            taken.Dispose();
            throw;
        }

        taken.Dispose();
        return null;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        if (_file is not null)
        {
            Unlock(_file);
        }

        Unlock(_directory);
        if (_entry is { } entry)
        {
            lock (s_held)
            {
                s_held.Remove(entry);
            }
        }
    }

    /// <summary>
    /// Unlocks, not only closes: a child process that is being started has this descriptor until its exec, and would
    /// hold the lock for that moment. The result does not matter, because closing frees the lock too.
    /// </summary>
    private static void Unlock(SafeFileHandle file)
    {
        _ = UnixSyscalls.Lock(file, UnixSyscalls.Unlock);
        file.Dispose();
    }

    private bool TryRegister(UnixFileStatus directory)
    {
        (ulong, ulong) entry = (directory.Device, directory.Inode);
        lock (s_held)
        {
            if (!s_held.Add(entry))
            {
                return false;
            }
        }

        _entry = entry;
        return true;
    }

    private bool TryLockDirectory(UnixFileSystem files)
    {
        // Only "held elsewhere" counts here. If directories cannot be locked, the file's lock stands alone, and its
        // failures are errors.
        long result = UnixSyscalls.Lock(_directory, UnixSyscalls.LockExclusiveOrFail);
        return !files.IsHeldByAnother(_directory, result);
    }

    private bool TryLockFile(UnixFileSystem files, string path)
    {
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            _file?.Dispose();
            _file = files.OpenHandle(path, FileOpening.OpenOrCreate);
            files.Share(_file, path, FileOpening.OpenOrCreate);
            long result = UnixSyscalls.Lock(_file, UnixSyscalls.LockExclusiveOrFail);
            if (files.IsHeldByAnother(_file, result))
            {
                return false;
            }

            if (result < 0)
            {
                throw UnixErrors.Failure("flock", path, result);
            }

            // A lock on a file that no longer has the name excludes no one.
            if (files.FindStatus(path) is { } named && named.IsSameFileAs(files.GetStatus(_file, path)))
            {
                return true;
            }
        }

        throw new FileSystemException(
            "flock", path, FileSystemError.Other, 0, $"the file was replaced {MaxAttempts} times while it was locked");
    }

    /// <summary>
    /// Writes the holder's identity, for the message of the next process that is refused. Failures are ignored, so that
    /// a full disk does not keep the log from opening.
    /// </summary>
    private unsafe void WriteOwner()
    {
        byte[] text = LockHolder.Current.ToText();
        fixed (byte* bytes = text)
        {
            // Written over the old text before the rest is cut off: a file that is cut first would need a new block on
            // a full disk.
            if (UnixSyscalls.Write(_file!, bytes, text.Length, 0) == text.Length)
            {
                _ = UnixSyscalls.SetLength(_file!, text.Length);
            }
        }
    }
}

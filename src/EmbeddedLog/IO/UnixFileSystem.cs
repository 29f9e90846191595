using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.IO;

/// <summary>What Linux and macOS do alike with names and directories.</summary>
[UnsupportedOSPlatform("windows")]
internal abstract class UnixFileSystem : FileSystem
{
    /// <summary>Mode 0700: what a log holds is its owner's alone.</summary>
    private const uint DirectoryMode = 0x1C0;

    public override void CreateDirectory(string path)
    {
        long result = UnixSyscalls.MakeDirectory(path, DirectoryMode);
        if (result == -UnixErrors.NotFound && Path.GetDirectoryName(path) is { Length: > 0 } parent)
        {
            CreateDirectory(parent);
            result = UnixSyscalls.MakeDirectory(path, DirectoryMode);
        }

        if (result < 0 && !(result == -UnixErrors.AlreadyExists && DirectoryExists(path)))
        {
            throw UnixErrors.Failure("mkdir", path, result);
        }
    }

    public override void DeleteDirectory(string path)
    {
        long result = UnixSyscalls.RemoveDirectory(path);
        if (result < 0 && result != -UnixErrors.NotFound)
        {
            throw UnixErrors.Failure("rmdir", path, result);
        }
    }

    public override void SyncDirectory(string path)
    {
        using SafeFileHandle directory = OpenDirectory(path);
        long result = SyncDirectory(directory);
        if (result < 0)
        {
            throw UnixErrors.FailedFlush("fsync", path, result);
        }
    }

    public override bool DirectoryExists(string path) => FindStatus(path) is { IsDirectory: true };

    public override bool FileExists(string path) => FindStatus(path) is { IsFile: true };

    public override IReadOnlyList<string> ListFiles(string path) => List(path, directories: false);

    public override IReadOnlyList<string> ListDirectories(string path) => List(path, directories: true);

    public override void Rename(string from, string to)
    {
        long result = UnixSyscalls.Rename(from, to);
        if (result < 0)
        {
            throw UnixErrors.Failure("rename", from, result);
        }
    }

    public override void DeleteFile(string path)
    {
        long result = UnixSyscalls.Unlink(path);
        if (result < 0 && result != -UnixErrors.NotFound)
        {
            throw UnixErrors.Failure("unlink", path, result);
        }
    }

    public override LogFile OpenFile(string path, FileOpening opening)
    {
        SafeFileHandle handle = OpenHandle(path, opening);
        try
        {
            // A directory opens for reading like a file, and fails only when it is read.
            UnixFileStatus status = GetStatus(handle, path);
            if (!status.IsFile)
            {
                throw UnixErrors.Failure("open", path, -UnixErrors.IsADirectory);
            }

            return WrapFile(handle, path, status, opening);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    public override IDisposable? TryLock(string path) => UnixDirectoryLock.TryTake(this, path);

    /// <summary>Opens a file, or throws.</summary>
    public abstract SafeFileHandle OpenHandle(string path, FileOpening opening);

    /// <summary>Opens a directory, or throws.</summary>
    public abstract SafeFileHandle OpenDirectory(string path);

    /// <summary>The status of an open file, or an exception that names <paramref name="path"/>.</summary>
    public abstract UnixFileStatus GetStatus(SafeFileHandle file, string path);

    /// <summary>The status of what stands at <paramref name="path"/>, or null where nothing does.</summary>
    public abstract UnixFileStatus? FindStatus(string path);

    /// <summary>
    /// Makes the names in an open directory durable; the result is a negated error number if it is negative.
    /// </summary>
    private protected abstract long SyncDirectory(SafeFileHandle directory);

    private protected abstract LogFile WrapFile(
        SafeFileHandle handle, string path, UnixFileStatus status, FileOpening opening);

    private string[] List(string path, bool directories)
    {
        return FindStatus(path) switch
        {
            null => throw UnixErrors.Failure("opendir", path, -UnixErrors.NotFound),
            { IsDirectory: false } => throw UnixErrors.Failure("opendir", path, -UnixErrors.NotADirectory),
            _ => DirectoryListing.Read(path, directories),
        };
    }
}

using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.IO.Unix;

/// <summary>The names and directories of Linux and macOS: the common part.</summary>
[UnsupportedOSPlatform("windows")]
internal abstract class UnixFileSystem : FileSystem
{
    /// <summary>Modes 0750 and 0640: for the owner, and for the group to read.</summary>
    private const uint SharedDirectoryMode = 0x1E8;
    private const uint SharedFileMode = 0x1A0;

    /// <summary>Whether the group may read new files and directories.</summary>
    public bool GroupReads { get; init; }

    /// <summary>
    /// The directory at which paths below it begin; null if all begin at the root. Set once, by the creator.
    /// </summary>
    private UnixRoot? _root;

    /// <summary>Mode 0700: a log is for its owner alone.</summary>
    private const uint DirectoryMode = 0x1C0;

    public override ulong GetDirectoryId(string directory) => FindStatus(directory)?.Inode ?? 0;

    public override FileSystem Bind(string root)
    {
        string path = Path.TrimEndingDirectorySeparator(root);
        UnixFileSystem bound = Copy();
        bound._root = new UnixRoot(path, OpenDirectory(path));
        return bound;
    }

    public override DirectoryPlace FindPlace(string witness)
    {
        try
        {
            return _root is null ? DirectoryPlace.Same
                : FindStatus(new UnixPath(_root.Handle, witness), witness) is null ? DirectoryPlace.Removed
                : FindStatus(UnixPath.Absolute(_root.Path), _root.Path) is not { } found ? DirectoryPlace.Moved
                : found.IsSameFileAs(GetStatus(_root.Handle, _root.Path)) ? DirectoryPlace.Same
                : DirectoryPlace.Another;
        }
        catch (FileSystemException)
        {
            return DirectoryPlace.Same;
        }
    }

    public override bool IsInPlace(LogFile file)
    {
        try
        {
            return file is not UnixLogFile open
                || (FindStatus(open.Path) is { } found && found.IsSameFileAs(GetStatus(open.Handle, open.Path)));
        }
        catch (FileSystemException)
        {
            return true;
        }
    }

    public override void CreateDirectory(string path)
    {
        long result = UnixSyscalls.MakeDirectory(Find(path), DirectoryMode);
        if (result == -UnixErrors.NotFound && Path.GetDirectoryName(path) is { Length: > 0 } parent)
        {
            CreateDirectory(parent);
            result = UnixSyscalls.MakeDirectory(Find(path), DirectoryMode);
        }

        if (result < 0 && !(result == -UnixErrors.AlreadyExists && DirectoryExists(path)))
        {
            throw UnixErrors.Failure("mkdir", path, result);
        }

        // In a call of its own, because the umask cuts the mode of a new directory.
        if (result >= 0 && GroupReads)
        {
            result = UnixSyscalls.SetMode(Find(path), SharedDirectoryMode);
            if (result < 0)
            {
                throw UnixErrors.Failure("chmod", path, result);
            }
        }
    }

    public override void DeleteDirectory(string path)
    {
        long result = UnixSyscalls.RemoveDirectory(Find(path));
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
        long result = UnixSyscalls.Rename(Find(from), Find(to));
        if (result < 0)
        {
            throw UnixErrors.Failure("rename", from, result);
        }
    }

    public override bool TryLink(string path, string second)
    {
        long result = UnixSyscalls.Link(Find(path), Find(second));
        return result switch
        {
            >= 0 => true,
            -UnixErrors.OtherDevice => false,
            _ when UnixErrors.KindOf((int)-result)
                is FileSystemError.NotSupported or FileSystemError.AccessDenied => false,
            _ when result == -UnixErrors.TooManyLinks => false,
            _ => throw UnixErrors.Failure("link", path, result),
        };
    }

    public override void DeleteFile(string path)
    {
        long result = UnixSyscalls.Unlink(Find(path));
        if (result < 0 && result != -UnixErrors.NotFound)
        {
            throw UnixErrors.Failure("unlink", path, result);
        }
    }

    public override void GrantAccess(string path)
    {
        if (!GroupReads || FindStatus(Find(path), path, isLinkItself: true) is not { } status)
        {
            return;
        }

        uint wanted = status.IsDirectory ? SharedDirectoryMode : status.IsFile ? SharedFileMode : 0;
        if ((status.Mode & wanted) != wanted)
        {
            // Files of another user are left as they are.
            _ = UnixSyscalls.SetMode(Find(path), wanted);
        }
    }

    public override LogFile OpenFile(string path, FileOpening opening)
    {
        SafeFileHandle handle = OpenHandle(path, opening);
        try
        {
            Share(handle, path, opening);

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

    /// <summary>Whether the result of a try to lock means that the lock is held elsewhere.</summary>
    public virtual bool IsHeldByAnother(SafeFileHandle file, long lockResult) => lockResult == -UnixErrors.WouldBlock;

    /// <summary>Opens a file, or throws.</summary>
    public abstract SafeFileHandle OpenHandle(string path, FileOpening opening);

    /// <summary>Opens a directory, or throws.</summary>
    public abstract SafeFileHandle OpenDirectory(string path);

    /// <summary>The status of an open file, or an exception that names <paramref name="path"/>.</summary>
    public abstract UnixFileStatus GetStatus(SafeFileHandle file, string path);

    /// <summary>The status of <paramref name="path"/>, or null if it does not exist.</summary>
    public UnixFileStatus? FindStatus(string path) => FindStatus(Find(path), path);

    /// <summary>
    /// The same for a path below a directory; failures name <paramref name="path"/>. A link at the end of the path is
    /// followed unless <paramref name="isLinkItself"/>.
    /// </summary>
    private protected abstract UnixFileStatus? FindStatus(UnixPath place, string path, bool isLinkItself = false);

    /// <summary>A new instance of the same kind.</summary>
    private protected abstract UnixFileSystem Copy();

    /// <summary>The directory at which a path begins, and the path from there.</summary>
    private protected UnixPath Find(string path) => _root?.Find(path) ?? UnixPath.Absolute(path);

    protected override void Dispose(bool disposing)
    {
        _root?.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>
    /// Makes the names in an open directory durable; the result is a negated error number if it is negative.
    /// </summary>
    private protected abstract long SyncDirectory(SafeFileHandle directory);

    private protected abstract LogFile WrapFile(
        SafeFileHandle handle, string path, UnixFileStatus status, FileOpening opening);

    /// <summary>Lets the group read a file that may have been made just now.</summary>
    public void Share(SafeFileHandle file, string path, FileOpening opening)
    {
        if (!GroupReads || opening is not (FileOpening.CreateNew or FileOpening.OpenOrCreate))
        {
            return;
        }

        // An existing file may belong to another user.
        long result = UnixSyscalls.SetMode(file, SharedFileMode);
        if (result < 0 && opening == FileOpening.CreateNew)
        {
            throw UnixErrors.Failure("chmod", path, result);
        }
    }

    private string[] List(string path, bool directories)
    {
        return FindStatus(path) switch
        {
            null => throw UnixErrors.Failure("opendir", path, -UnixErrors.NotFound),
            { IsDirectory: false } => throw UnixErrors.Failure("opendir", path, -UnixErrors.NotADirectory),
            _ => ListOpen(path, directories),
        };
    }

    private string[] ListOpen(string path, bool directories)
    {
        List<string> names = [];
        foreach ((string name, UnixFileType type) in UnixDirectoryReader.Read(OpenDirectory(path), path))
        {
            // If the file system does not give the type of a name, its status is read. A name that no longer exists is
            // left out.
            string full = Path.Combine(path, name);
            bool? isDirectory = type == UnixFileType.Unknown
                ? FindStatus(Find(full), full, isLinkItself: true)?.IsDirectory
                : type == UnixFileType.Directory;
            if (isDirectory == directories)
            {
                names.Add(name);
            }
        }

        names.Sort(StringComparer.Ordinal);
        return [.. names];
    }
}

using System.Runtime.Versioning;
using EmbeddedLog.IO.Unix;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.IO.Mac;

/// <summary>Files on macOS.</summary>
[SupportedOSPlatform("macos")]
internal sealed class MacFileSystem : UnixFileSystem
{
    public override FileSystemTraits GetTraits(string directory)
    {
        using SafeFileHandle handle = OpenDirectory(directory);
        long result = MacSyscalls.GetFileSystemType(handle, out string name);
        if (result < 0)
        {
            throw UnixErrors.Failure("statfs", directory, result);
        }

        // APFS copies on write once a file is part of a clone or a snapshot, which a backup may make at any time.
        return new FileSystemTraits(name, CanAllocate: name is "apfs" or "hfs", MappedStoresAreSafe: name is "hfs");
    }

    /// <summary>
    /// Always unknown: macOS numbers its mounts by device, so a remount has the number of the mount before it. To
    /// assume wrongly that a cache has survived is worse than the opposite.
    /// </summary>
    public override CacheIdentity GetCacheIdentity(string directory)
    {
        long result = MacSyscalls.GetStatus(Find(directory), isLinkItself: false, out _);
        return result >= 0 ? default : throw UnixErrors.Failure("stat", directory, result);
    }

    public override SafeFileHandle OpenHandle(string path, FileOpening opening)
    {
        int flags = opening switch
        {
            FileOpening.Read or FileOpening.ReadShared => MacSyscalls.OpenReadOnly,
            FileOpening.ReadWrite => MacSyscalls.OpenReadWrite,
            FileOpening.CreateNew => MacSyscalls.OpenReadWrite | MacSyscalls.OpenCreate | MacSyscalls.OpenExclusive,
            FileOpening.OpenOrCreate => MacSyscalls.OpenReadWrite | MacSyscalls.OpenCreate,
            _ => throw new ArgumentOutOfRangeException(nameof(opening)),
        };
        return Open(Find(path), path, flags | MacSyscalls.OpenPlain);
    }

    public override SafeFileHandle OpenDirectory(string path) => Open(Find(path), path, MacSyscalls.OpenDirectory);

    public override UnixFileStatus GetStatus(SafeFileHandle file, string path)
    {
        long result = MacSyscalls.GetStatus(file, out MacFileStatus status);
        return result >= 0 ? status.Status : throw UnixErrors.Failure("fstat", path, result);
    }

    private protected override UnixFileSystem Copy() => new MacFileSystem { GroupReads = GroupReads };

    private protected override UnixFileStatus? FindStatus(UnixPath place, string path, bool isLinkItself)
    {
        long result = MacSyscalls.GetStatus(place, isLinkItself, out MacFileStatus status);
        return result switch
        {
            >= 0 => status.Status,
            -UnixErrors.NotFound or -UnixErrors.NotADirectory => null,
            _ => throw UnixErrors.Failure("stat", path, result),
        };
    }

    private protected override long SyncDirectory(SafeFileHandle directory)
    {
        long result = MacSyscalls.FullSync(directory);

        // Some file systems have no full flush of a directory. Its names then stay in the device's cache until the full
        // flush of the next file. Nothing behind these names is promised before that flush.
        return result >= 0 ? result : UnixSyscalls.Sync(directory);
    }

    private protected override LogFile WrapFile(
        SafeFileHandle handle, string path, UnixFileStatus status, FileOpening opening) =>
        new MacLogFile(handle, path);

    private static SafeFileHandle Open(UnixPath place, string path, int flags)
    {
        long result = MacSyscalls.Open(place, flags, out SafeFileHandle file);
        return result >= 0 ? file : throw UnixErrors.Failure("open", path, result);
    }
}

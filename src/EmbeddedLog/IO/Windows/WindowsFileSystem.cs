using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.IO.Windows;

/// <summary>
/// Files on Windows. There are no modes: a new file inherits the access rules of its directory. Handles are never
/// inherited, and files may be deleted and renamed while they are open, though not while they are mapped.
/// </summary>
[SupportedOSPlatform("windows")]
internal sealed class WindowsFileSystem : FileSystem
{
    /// <summary>
    /// The default of <see cref="WritesToReserve"/>. The tests set it on Wine, to run the same code as on Windows.
    /// </summary>
    public static bool WritesToReserveByDefault { get; set; }

    /// <summary>
    /// Whether space is reserved by writing zeros if there is no call for it, which writes every byte twice. Otherwise
    /// segments are not mapped for writing there.
    /// </summary>
    public bool WritesToReserve { get; init; } = WritesToReserveByDefault;

    public override FileSystemTraits GetTraits(string directory)
    {
        using SafeFileHandle handle = OpenDirectory(directory, WindowsSyscalls.AccessRead);
        Check("GetVolumeInformation", directory, WindowsSyscalls.GetFileSystemType(handle, out string name));
        Check("GetFileInformationByHandle", directory, WindowsSyscalls.GetAttributes(handle, out FileAttributes found));

        // A volume of unknown location counts as remote.
        bool isRemote = WindowsSyscalls.IsRemote(handle) ?? true;
        bool isCompressed = (found & FileAttributes.Compressed) != 0;
        bool? allocates = isRemote ? false : ProbeAllocation(directory);
        return new WindowsVolume(name, isRemote, isCompressed, allocates, WindowsReservation.IsSupported).Traits;
    }

    /// <summary>Always unknown: Windows has no random id of a boot and no number of a mount.</summary>
    public override CacheIdentity GetCacheIdentity(string directory)
    {
        OpenDirectory(directory, WindowsSyscalls.AccessRead).Dispose();
        return default;
    }

    public override void CreateDirectory(string path)
    {
        int error = WindowsSyscalls.MakeDirectory(Extended(path));
        if (error == WindowsErrors.PathNotFound && Path.GetDirectoryName(path) is { } parent)
        {
            if (FileExists(parent))
            {
                throw WindowsErrors.Failure("CreateDirectory", path, WindowsErrors.NotADirectory);
            }

            CreateDirectory(parent);
            error = WindowsSyscalls.MakeDirectory(Extended(path));
        }

        if (error != WindowsErrors.AlreadyExists || !DirectoryExists(path))
        {
            Check("CreateDirectory", path, error);
        }
    }

    public override void DeleteDirectory(string path)
    {
        int error = WindowsSyscalls.RemoveDirectory(Extended(path));
        Check("RemoveDirectory", path, WindowsErrors.IsNotFound(error) ? 0 : error);
    }

    /// <summary>
    /// Flushes the directory if the system can open it for that. If not, NTFS still writes its journal in order: the
    /// flush of any file includes the names that were made before it, and renames are written through.
    /// </summary>
    public override void SyncDirectory(string path)
    {
        CheckIsDirectory(path);
        int error = WindowsSyscalls.Open(
            Extended(path),
            WindowsSyscalls.AccessReadWrite,
            WindowsSyscalls.ShareAll,
            WindowsSyscalls.OpenExisting,
            WindowsSyscalls.OpenDirectories,
            out SafeFileHandle handle);
        using (handle)
        {
            error = error != 0 ? error : WindowsSyscalls.Sync(handle);
        }

        if (error != 0 && !WindowsErrors.IsNoDirectoryFlush(error))
        {
            throw WindowsErrors.FailedFlush("FlushFileBuffers", path, error);
        }
    }

    public override bool DirectoryExists(string path) => GetAttributes(path) is { } found && IsDirectory(found);

    public override bool FileExists(string path) => GetAttributes(path) is { } found && !IsDirectory(found);

    public override IReadOnlyList<string> ListFiles(string path)
    {
        CheckIsDirectory(path);
        return DirectoryListing.Read(Extended(path), path, directories: false);
    }

    public override IReadOnlyList<string> ListDirectories(string path)
    {
        CheckIsDirectory(path);
        return DirectoryListing.Read(Extended(path), path, directories: true);
    }

    /// <summary>
    /// Tried again for a while if one of the files is open elsewhere: otherwise a scanner that reads every new file
    /// would fail a recovery. A mapped file is not replaced.
    /// </summary>
    public override void Rename(string from, string to)
    {
        int error = WindowsRetry.UntilPassed(() => WindowsSyscalls.Rename(Extended(from), Extended(to)));
        Check("SetFileInformationByHandle(FileRenameInfoEx)", from, error);
    }

    /// <summary>A mapped file cannot be deleted: <see cref="FileSystemError.InUse"/>.</summary>
    public override void DeleteFile(string path)
    {
        int error = WindowsSyscalls.Unlink(Extended(path));
        if (error != 0 && WindowsErrors.IsDeletionForLater(error))
        {
            FileSystemException failure = WindowsErrors.Failure("DeleteFile", path, error);
            throw new FileSystemException(
                failure.Operation, path, FileSystemError.InUse, error, failure.Reason);
        }

        Check("DeleteFile", path, WindowsErrors.IsNotFound(error) ? 0 : error);
    }

    public override LogFile OpenFile(string path, FileOpening opening) =>
        new WindowsLogFile(
            OpenHandle(path, opening, WindowsSyscalls.ShareAll), path, !IsReadOnly(opening), WritesToReserve);

    public override IDisposable? TryLock(string path)
    {
        // Not shared for deletion: while the lock is held, no process can delete or replace the file.
        SafeFileHandle handle = OpenHandle(path, FileOpening.OpenOrCreate, WindowsSyscalls.ShareReadWrite);
        int error = WindowsSyscalls.Lock(handle);
        if (error == 0)
        {
            return WindowsDirectoryLock.Take(handle);
        }

        handle.Dispose();
        return error is WindowsErrors.LockViolation or WindowsErrors.Pending
            ? null
            : throw WindowsErrors.Failure("LockFileEx", path, error);
    }

    /// <summary>
    /// Reserves space for a file that is deleted when it is closed, even by the end of the process; null if no such
    /// file can be made.
    /// </summary>
    private bool? ProbeAllocation(string directory)
    {
        string path = Path.Combine(directory, $".probe-{Random.Shared.NextInt64():x16}");
        int error = WindowsSyscalls.Open(
            Extended(path),
            WindowsSyscalls.AccessReadWrite,
            WindowsSyscalls.ShareAll,
            WindowsSyscalls.CreateNew,
            WindowsSyscalls.DeleteOnClose,
            out SafeFileHandle file);
        using (file)
        {
            return error == 0 ? WindowsAllocation.Probe(file, WritesToReserve) : null;
        }
    }

    private static bool IsReadOnly(FileOpening opening) => opening is FileOpening.Read or FileOpening.ReadShared;

    private static SafeFileHandle OpenHandle(string path, FileOpening opening, uint share)
    {
        uint access = IsReadOnly(opening) ? WindowsSyscalls.AccessRead : WindowsSyscalls.AccessReadWrite;
        uint disposition = opening switch
        {
            FileOpening.Read or FileOpening.ReadShared or FileOpening.ReadWrite => WindowsSyscalls.OpenExisting,
            FileOpening.CreateNew => WindowsSyscalls.CreateNew,
            FileOpening.OpenOrCreate => WindowsSyscalls.OpenOrCreate,
            _ => throw new ArgumentOutOfRangeException(nameof(opening)),
        };
        int error = WindowsSyscalls.Open(
            Extended(path), access, share, disposition, WindowsSyscalls.OpenLinks, out SafeFileHandle file);
        Check("CreateFile", path, error);
        error = WindowsSyscalls.GetReparsing(file, out bool isReparsed, out bool isLink);
        if (error != 0 || isReparsed)
        {
            file.Dispose();
            Check("CreateFile", path, error != 0 ? error : isLink ? WindowsErrors.StoppedOnLink : 0);

            // The contents of a compressed, deduplicated or remote file are available only if this reparse point is
            // followed.
            error = WindowsSyscalls.Open(
                Extended(path), access, share, WindowsSyscalls.OpenExisting, 0, out file);
            Check("CreateFile", path, error);
        }

        return file;
    }

    private static SafeFileHandle OpenDirectory(string path, uint access)
    {
        int error = WindowsSyscalls.Open(
            Extended(path),
            access,
            WindowsSyscalls.ShareAll,
            WindowsSyscalls.OpenExisting,
            WindowsSyscalls.OpenDirectories,
            out SafeFileHandle handle);
        Check("CreateFile", path, error);
        return handle;
    }

    private static uint? GetAttributes(string path)
    {
        int error = WindowsSyscalls.GetAttributes(Extended(path), out uint attributes);
        if (WindowsErrors.IsNotFound(error))
        {
            return null;
        }

        Check("GetFileAttributes", path, error);
        return attributes;
    }

    private static bool IsDirectory(uint attributes) => ((FileAttributes)attributes & FileAttributes.Directory) != 0;

    private static void CheckIsDirectory(string path)
    {
        int error = GetAttributes(path) switch
        {
            null => WindowsErrors.PathNotFound,
            { } found => IsDirectory(found) ? 0 : WindowsErrors.NotADirectory,
        };
        Check("CreateFile", path, error);
    }

    /// <summary>
    /// The form of an absolute path that the system does not interpret: it may be longer than 260 characters, and old
    /// names of devices (<c>con.events</c>, <c>aux</c>) are ordinary names in it. Code that interprets a path, such as
    /// <see cref="Path.GetFullPath(string)"/>, must not see it before it has this form.
    /// </summary>
    private static string Extended(string path)
    {
        string plain = path.Replace(Path.AltDirectorySeparatorChar, Path.DirectorySeparatorChar);
        return plain.StartsWith(@"\\?\", StringComparison.Ordinal) ? plain
            : plain.StartsWith(@"\\", StringComparison.Ordinal) ? string.Concat(@"\\?\UNC\", plain.AsSpan(2))
            : @"\\?\" + plain;
    }

    private static void Check(string operation, string path, int error)
    {
        if (error != 0)
        {
            throw WindowsErrors.Failure(operation, path, error);
        }
    }
}

using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.Versioning;
using EmbeddedLog.IO.Unix;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.IO.Linux;

/// <summary>Files on Linux.</summary>
[SupportedOSPlatform("linux")]
internal sealed class LinuxFileSystem : UnixFileSystem
{
    private const string BootIdFile = "/proc/sys/kernel/random/boot_id";

    /// <summary>
    /// Bytes that are allocated in a file without a name, to test whether a file system can allocate.
    /// </summary>
    private const int ProbeBytes = 4096;

    /// <summary>
    /// The number of files from which on they are flushed together: as fast as a few threads, for half of the
    /// processors' time. The torture lowers it, so that few partitions are flushed like many.
    /// </summary>
    public static int MinFlushedTogether { get; set; } = 4;

    /// <summary>The boot's random id, which outlives the process.</summary>
    private static readonly UInt128 s_bootId = ReadBootId();

    public override FileSystemTraits GetTraits(string directory)
    {
        using SafeFileHandle handle = OpenDirectory(directory);
        long result = LinuxSyscalls.GetFileSystemType(handle, out uint number);
        if (result < 0)
        {
            throw UnixErrors.Failure("statfs", directory, result);
        }

        LinuxFileSystemType type = LinuxFileSystemType.Of(number);

        // ext2, ext3 and ext4 have the same number, and only ext4 can allocate.
        bool canAllocate = ProbeAllocation(handle) ?? type.KeepsBlocks;
        string name = type.Name == "ext4" && !canAllocate ? "ext2" : type.Name;
        bool keepsBlocks = canAllocate && type.KeepsBlocks;
        if (keepsBlocks && type.IsXfs && MayShareBlocks(handle))
        {
            keepsBlocks = false;
            name = "xfs with reflink";
        }

        return new FileSystemTraits(name, canAllocate, MappedStoresAreSafe: keepsBlocks)
        {
            MinFlushedTogether = canAllocate && type.IsFlushedAtOnce ? MinFlushedTogether : int.MaxValue,
        };
    }

    public override CacheIdentity GetCacheIdentity(string directory)
    {
        long result = LinuxSyscalls.GetStatus(Find(directory), isLinkItself: false, out LinuxFileStatus status);
        if (result < 0)
        {
            throw UnixErrors.Failure("statx", directory, result);
        }

        return new CacheIdentity(
            (ulong)(s_bootId >> 64), (ulong)s_bootId, status.Status.Device, status.UniqueMountId);
    }

    public override ulong GetDirectoryId(string directory)
    {
        using SafeFileHandle handle = OpenDirectory(directory);
        return LinuxSyscalls.GetFileSystemType(handle, out uint number) >= 0
            && LinuxFileSystemType.Of(number).KeepsNumbers
            ? GetStatus(handle, directory).Inode
            : 0;
    }

    /// <summary>
    /// One syncfs(2) for all. Each file keeps its own failure until it is read, so each file is checked. The flush of
    /// one file, at the end, flushes the journal and the device.
    /// </summary>
    public override void FlushTogether(Span<FileFlush> flushes)
    {
        LinuxLogFile? file = flushes.IsEmpty ? null : (LinuxLogFile)flushes[0].File;
        bool written = file is not null && file.TryFlushFileSystem();
        foreach (ref FileFlush flush in flushes)
        {
            var one = (LinuxLogFile)flush.File;
            if (written && one.Device == file!.Device)
            {
                flush.Failure = one.TakeWriteFailure();
            }
            else
            {
                // The call fails for any file of any program, so after a failure each file is flushed by itself.
                flush.Run();
            }
        }

        foreach (ref FileFlush flush in flushes)
        {
            if (written && flush.Failure is null && ((LinuxLogFile)flush.File).Device == file!.Device)
            {
                flush.Run();

                // If one flush fails, the others may have failed too.
                written = flush.Failure is not null;
            }
        }
    }

    public override SafeFileHandle OpenHandle(string path, FileOpening opening)
    {
        int flags = opening switch
        {
            FileOpening.Read or FileOpening.ReadShared => LinuxSyscalls.OpenReadOnly,
            FileOpening.ReadWrite => LinuxSyscalls.OpenReadWrite,
            FileOpening.CreateNew =>
                LinuxSyscalls.OpenReadWrite | LinuxSyscalls.OpenCreate | LinuxSyscalls.OpenExclusive,
            FileOpening.OpenOrCreate => LinuxSyscalls.OpenReadWrite | LinuxSyscalls.OpenCreate,
            _ => throw new ArgumentOutOfRangeException(nameof(opening)),
        };
        return Open(Find(path), path, flags | LinuxSyscalls.OpenPlain);
    }

    public override bool TryClone(string path, string clone)
    {
        using SafeFileHandle source = OpenHandle(path, FileOpening.Read);
        using SafeFileHandle target = OpenHandle(clone, FileOpening.CreateNew);
        long result = LinuxSyscalls.Clone(target, source);
        if (result >= 0)
        {
            Share(target, clone, FileOpening.CreateNew);
            result = UnixSyscalls.Sync(target);
            return result >= 0 ? true : throw UnixErrors.FailedFlush("fsync", clone, result);
        }

        // Other file systems report this in many ways. The copy that follows reports a real failure.
        DeleteFile(clone);
        return false;
    }

    public override LogFile? TryOpenPastCache(string path)
    {
        int flags = LinuxSyscalls.OpenReadOnly | LinuxSyscalls.OpenPlain | LinuxSyscalls.OpenPastCache;
        long result = LinuxSyscalls.Open(Find(path), flags, out SafeFileHandle file);
        if (result == -UnixErrors.InvalidArgument)
        {
            file.Dispose();
            return null;
        }

        try
        {
            Check("open", path, result);
            Check("statx", path, LinuxSyscalls.GetStatus(file, out LinuxFileStatus status));
            Check("open", path, status.Status.IsFile ? 0 : -UnixErrors.IsADirectory);

            // These have no device. Since Linux 6.6 tmpfs opens such a file anyway, and reads its cache.
            bool hasDevice = TypeOf(file) is { } type && type.Name is not ("tmpfs" or "ramfs");
            if (hasDevice && status.DirectUnitBytes is { } unit and <= LogFile.MaxDirectUnitBytes)
            {
                return new LinuxLogFile(file, path, device: 0, isWritten: false, directUnitBytes: unit);
            }
        }
        catch
        {
            file.Dispose();
            throw;
        }

        file.Dispose();
        return null;
    }

    public override SafeFileHandle OpenDirectory(string path) => Open(Find(path), path, LinuxSyscalls.OpenDirectory);

    public override UnixFileStatus GetStatus(SafeFileHandle file, string path)
    {
        long result = LinuxSyscalls.GetStatus(file, out LinuxFileStatus status);
        return result >= 0 ? status.Status : throw UnixErrors.Failure("statx", path, result);
    }

    /// <summary>
    /// SMB keeps locks on the server, which reports a second lock as "access denied". On other file systems this error
    /// means that rules of the system forbid the lock.
    /// </summary>
    public override bool IsHeldByAnother(SafeFileHandle file, long lockResult) =>
        base.IsHeldByAnother(file, lockResult)
        || (lockResult == -UnixErrors.AccessDenied && TypeOf(file) is { Name: "smb" });

    private protected override UnixFileSystem Copy() => new LinuxFileSystem { GroupReads = GroupReads };

    private protected override UnixFileStatus? FindStatus(UnixPath place, string path, bool isLinkItself)
    {
        long result = LinuxSyscalls.GetStatus(place, isLinkItself, out LinuxFileStatus status);
        return result switch
        {
            >= 0 => status.Status,
            -UnixErrors.NotFound or -UnixErrors.NotADirectory => null,
            _ => throw UnixErrors.Failure("statx", path, result),
        };
    }

    private protected override long SyncDirectory(SafeFileHandle directory) => UnixSyscalls.Sync(directory);

    private protected override LogFile WrapFile(
        SafeFileHandle handle, string path, UnixFileStatus status, FileOpening opening) =>
        new LinuxLogFile(handle, path, status.Device, isWritten: opening != FileOpening.Read);

    private static void Check(string operation, string path, long result)
    {
        if (result < 0)
        {
            throw UnixErrors.Failure(operation, path, result);
        }
    }

    /// <summary>The type of the file system that holds an open file; null if it is unknown.</summary>
    private static LinuxFileSystemType? TypeOf(SafeFileHandle file) =>
        LinuxSyscalls.GetFileSystemType(file, out uint number) >= 0 ? LinuxFileSystemType.Of(number) : null;

    private static SafeFileHandle Open(UnixPath place, string path, int flags)
    {
        long result = LinuxSyscalls.Open(place, flags, out SafeFileHandle file);
        return result >= 0 ? file : throw UnixErrors.Failure("open", path, result);
    }

    /// <summary>Allocates in a file without a name; null if the file system has no such files.</summary>
    private static bool? ProbeAllocation(SafeFileHandle directory)
    {
        long opened = LinuxSyscalls.Open(
            new UnixPath(directory, "."),
            LinuxSyscalls.OpenReadWrite | LinuxSyscalls.OpenNameless,
            out SafeFileHandle file);
        using (file)
        {
            if (opened < 0)
            {
                return null;
            }

            long result = LinuxSyscalls.Allocate(file, 0, ProbeBytes);
            return result >= 0 || UnixErrors.KindOf((int)-result) != FileSystemError.NotSupported;
        }
    }

    /// <summary>
    /// Whether an XFS can let files share blocks, as a copy does there by itself (<c>cp</c> of coreutils 9). True if it
    /// is unknown.
    /// </summary>
    private static bool MayShareBlocks(SafeFileHandle directory) =>
        LinuxSyscalls.GetXfsFeatures(directory, out uint features) < 0
            || (features & LinuxSyscalls.XfsSharesBlocks) != 0;

    /// <summary>
    /// The boot's random id, or zero if it cannot be read (no /proc), which makes the identity unknown.
    /// </summary>
    private static UInt128 ReadBootId()
    {
        try
        {
            using SafeFileHandle file = Open(UnixPath.Absolute(BootIdFile), BootIdFile, LinuxSyscalls.OpenReadOnly);
            Span<byte> text = stackalloc byte[36];
            Span<byte> id = stackalloc byte[16];
            return RandomAccess.Read(file, text, 0) == text.Length
                && Guid.TryParse(text, CultureInfo.InvariantCulture, out Guid boot)
                && boot.TryWriteBytes(id, bigEndian: true, out _)
                ? BinaryPrimitives.ReadUInt128BigEndian(id)
                : UInt128.Zero;
        }
        catch (IOException)
        {
            return UInt128.Zero;
        }
    }
}

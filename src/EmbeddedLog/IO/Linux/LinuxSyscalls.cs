using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using EmbeddedLog.IO.Unix;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.IO.Linux;

/// <summary>
/// The system calls of Linux that macOS lacks or has in another form. Results as in <see cref="UnixSyscalls"/>.
/// </summary>
[SupportedOSPlatform("linux")]
internal static unsafe partial class LinuxSyscalls
{
    public const int OpenReadOnly = 0; // O_RDONLY
    public const int OpenReadWrite = 2; // O_RDWR
    public const int OpenCreate = 0x40; // O_CREAT
    public const int OpenExclusive = 0x80; // O_EXCL
    public const int AdviseRandom = 1; // MADV_RANDOM, POSIX_FADV_RANDOM
    public const int AdviseWillNeed = 3; // MADV_WILLNEED
    public const int AdviseDoNotNeed = 4; // MADV_DONTNEED
    public const int AdviseHugePages = 14; // MADV_HUGEPAGE
    public const int AdviseNoHugePages = 15; // MADV_NOHUGEPAGE
    public const int AdvisePopulateRead = 22; // MADV_POPULATE_READ, since Linux 5.14
    public const int AdvisePopulateWrite = 23; // MADV_POPULATE_WRITE, since Linux 5.14

    public const uint XfsSharesBlocks = 1 << 20; // XFS_FSOP_GEOM_FLAGS_REFLINK

    private const int OpenCloseOnExec = 0x80000; // O_CLOEXEC
    private const uint WaitBefore = 1; // SYNC_FILE_RANGE_WAIT_BEFORE
    private const uint WriteOut = 2; // SYNC_FILE_RANGE_WRITE
    private const int NoFollow = 0x100; // AT_SYMLINK_NOFOLLOW
    private const int EmptyPath = 0x1000; // AT_EMPTY_PATH
    private const uint StatusBasic = 0x7FF; // STATX_BASIC_STATS
    private const uint StatusDirect = 0x2000; // STATX_DIOALIGN, since Linux 6.1
    private const uint StatusUniqueMount = 0x4000; // STATX_MNT_ID_UNIQUE, since Linux 6.8

    /// <summary>O_DIRECTORY.</summary>
    public static int OpenDirectory { get; } = LinuxNumbers.Current.OpenDirectory;

    /// <summary>O_DIRECT.</summary>
    public static int OpenPastCache { get; } = LinuxNumbers.Current.OpenPastCache;

    /// <summary>
    /// O_NOFOLLOW and O_NONBLOCK: a link is an error, and the opening of a pipe does not wait for its other end.
    /// </summary>
    public static int OpenPlain { get; } = LinuxNumbers.Current.OpenNoFollow | 0x800;

    /// <summary>POSIX_FADV_DONTNEED.</summary>
    public static int AdviseDropPages { get; } = LinuxNumbers.Current.AdviseDropPages;

    /// <summary>O_TMPFILE: a file without a name, in the directory that is opened.</summary>
    public static int OpenNameless => 0x400000 | OpenDirectory;

    /// <summary>
    /// XFS_IOC_FSGEOMETRY_V4, which reads 112 bytes: every kernel with reflinks knows it.
    /// </summary>
    private static nuint XfsGeometryCall { get; } = LinuxNumbers.Current.ReadingCall | (112 << 16) | ('X' << 8) | 124;

    /// <summary>FICLONE, with an int as its argument.</summary>
    private static nuint CloneCall { get; } = LinuxNumbers.Current.WritingCall | (4 << 16) | (0x94 << 8) | 9;

    /// <summary>
    /// The number of statx. It is called by number, because some C libraries that .NET supports lack the function.
    /// </summary>
    private static long StatusCall { get; } = LinuxNumbers.Current.StatusCall;

    /// <summary>Opens with mode 0600, closed on exec. A failure is the result, a negated error number.</summary>
    public static long Open(UnixPath path, int flags, out SafeFileHandle file)
    {
        long result;
        do
        {
            result = UnixSyscalls.Result(openat(path.Directory, path.Path, flags | OpenCloseOnExec, 0x180));
        }
        while (result == -UnixErrors.Interrupted);

        file = new SafeFileHandle((nint)Math.Max(result, -1), ownsHandle: true);
        return result;
    }

    public static long SyncData(SafeFileHandle file)
    {
        long result;
        do
        {
            result = UnixSyscalls.Result(fdatasync(file));
        }
        while (result == -UnixErrors.Interrupted);

        return result;
    }

    /// <summary>syncfs(2). Since Linux 5.8 it reports a failure of any file since the last call.</summary>
    public static long SyncFileSystem(SafeFileHandle file)
    {
        long result;
        do
        {
            result = UnixSyscalls.Result(syncfs(file));
        }
        while (result == -UnixErrors.Interrupted);

        return result;
    }

    /// <summary>sync_file_range(2) that starts no writes: it waits, and reports failures as fdatasync does.</summary>
    public static long WaitForWrites(SafeFileHandle file)
    {
        long result;
        do
        {
            result = UnixSyscalls.Result(sync_file_range(file, 0, 0, WaitBefore));
        }
        while (result == -UnixErrors.Interrupted);

        return result;
    }

    /// <summary>sync_file_range(2) that does not wait. Calls that wait report the failures.</summary>
    public static void BeginWrites(SafeFileHandle file, long position, long length) =>
        _ = sync_file_range(file, position, length, WriteOut);

    /// <summary>
    /// fallocate(2) itself, mode 0. The C library's posix_fallocate writes zeroes where the file system cannot.
    /// </summary>
    public static long Allocate(SafeFileHandle file, long position, long length)
    {
        long result;
        do
        {
            result = UnixSyscalls.Result(fallocate(file, 0, position, length));
        }
        while (result == -UnixErrors.Interrupted);

        return result;
    }

    /// <summary>Advises on the whole file. The only call that returns its error number itself.</summary>
    public static long AdviseFile(SafeFileHandle file, int advice) => -posix_fadvise(file, 0, 0, advice);

    /// <summary>Advises on a range, with a result as of <see cref="AdviseFile"/>.</summary>
    public static long AdviseRange(SafeFileHandle file, long position, long length, int advice) =>
        -posix_fadvise(file, position, length, advice);

    /// <summary>Whether the page at an address of a map is in memory, mapped or not.</summary>
    public static bool IsPresent(byte* page)
    {
        byte present = 0;
        return UnixSyscalls.Result(mincore(page, 1, &present)) < 0 || (present & 1) != 0;
    }

    /// <summary>The status of <paramref name="path"/>; of a link, the status of the link itself.</summary>
    public static long GetStatus(UnixPath path, bool isLinkItself, out LinuxFileStatus status)
    {
        nint flags = isLinkItself ? NoFollow : 0;
        long result;
        do
        {
            result = UnixSyscalls.Result(
                syscall(
                    StatusCall, path.Directory, path.Path, flags, StatusBasic | StatusUniqueMount, out status));
        }
        while (result == -UnixErrors.Interrupted);

        return result;
    }

    /// <summary>The status of an open file.</summary>
    public static long GetStatus(SafeFileHandle file, out LinuxFileStatus status)
    {
        long result;
        do
        {
            result = UnixSyscalls.Result(
                syscall(
                    StatusCall,
                    file,
                    "",
                    EmptyPath,
                    StatusBasic | StatusDirect | StatusUniqueMount,
                    out status));
        }
        while (result == -UnixErrors.Interrupted);

        return result;
    }

    /// <summary>The magic number of the type of the file system that holds an open file or directory.</summary>
    public static long GetFileSystemType(SafeFileHandle file, out uint type)
    {
        // The type is the first field, a long, of a structure of 120 bytes on every 64-bit Linux but s390x, where it is
        // an int. All numbers have 32 bits, though some headers extend their sign.
        byte* status = stackalloc byte[256];
        long result;
        do
        {
            result = UnixSyscalls.Result(fstatfs(file, status));
        }
        while (result == -UnixErrors.Interrupted);

        type = BitConverter.IsLittleEndian || RuntimeInformation.ProcessArchitecture == Architecture.S390x
            ? *(uint*)status
            : (uint)*(long*)status;
        return result;
    }

    /// <summary>Gives a file the contents of another, sharing its blocks.</summary>
    public static long Clone(SafeFileHandle file, SafeFileHandle source)
    {
        bool held = false;
        try
        {
            // The argument is the number of the descriptor itself.
            source.DangerousAddRef(ref held);
            return UnixSyscalls.Result(ioctl(file, CloneCall, (uint*)source.DangerousGetHandle()));
        }
        finally
        {
            if (held)
            {
                source.DangerousRelease();
            }
        }
    }

    /// <summary>The features of the XFS that holds an open file; fails on every other file system.</summary>
    public static long GetXfsFeatures(SafeFileHandle file, out uint features)
    {
        // struct xfs_fsop_geom_v4: the flags are its 24th word.
        uint* geometry = stackalloc uint[64];
        long result = UnixSyscalls.Result(ioctl(file, XfsGeometryCall, geometry));
        features = geometry[23];
        return result;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int openat(SafeFileHandle directory, string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(SafeFileHandle file, nuint call, uint* argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fdatasync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int syncfs(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sync_file_range(SafeFileHandle file, long position, long length, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(SafeFileHandle file, int mode, long position, long length);

    [LibraryImport("libc")]
    private static partial int posix_fadvise(SafeFileHandle file, long position, long length, int advice);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mincore(byte* address, nuint length, byte* present);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fstatfs(SafeFileHandle file, byte* status);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial long syscall(
        long number, SafeFileHandle directory, string path, nint flags, nuint mask, out LinuxFileStatus status);
}

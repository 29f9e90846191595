using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using EmbeddedLog.IO.Unix;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.IO.Mac;

/// <summary>
/// The system calls of macOS that Linux lacks or has in another form. Results as in <see cref="UnixSyscalls"/>.
/// <para>
/// <c>openat</c> and <c>fcntl</c> take a variable number of arguments. On arm64 these go onto the stack, behind eight
/// registers that named arguments fill first. Five or six unused arguments push ours to the place where the callee
/// reads them.
/// </para>
/// </summary>
[SupportedOSPlatform("macos")]
internal static unsafe partial class MacSyscalls
{
    public const int OpenReadOnly = 0; // O_RDONLY
    public const int OpenReadWrite = 2; // O_RDWR
    public const int OpenCreate = 0x200; // O_CREAT
    public const int OpenExclusive = 0x800; // O_EXCL
    public const int OpenDirectory = 0x100000; // O_DIRECTORY
    public const int OpenPlain = 0x104; // O_NOFOLLOW | O_NONBLOCK: neither follows a link nor waits for a pipe
    public const int SyncMapNow = 0x10; // MS_SYNC

    private const int OpenCloseOnExec = 0x1000000; // O_CLOEXEC
    private const int ControlPreallocate = 42; // F_PREALLOCATE
    private const int ControlFullSync = 51; // F_FULLFSYNC
    private const uint AllocateAll = 4; // F_ALLOCATEALL
    private const int FromEndOfFile = 3; // F_PEOFPOSMODE
    private const nint FileMode = 0x180; // 0600
    private const int NoFollow = 0x20; // AT_SYMLINK_NOFOLLOW

    private static bool IsArm64 { get; } = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>Opens with mode 0600, closed on exec. A failure is the result, a negated error number.</summary>
    public static long Open(UnixPath path, int flags, out SafeFileHandle file)
    {
        flags |= OpenCloseOnExec;
        long result;
        do
        {
            result = UnixSyscalls.Result(
                IsArm64
                    ? OpenArm64(path.Directory, path.Path, flags, 0, 0, 0, 0, 0, FileMode)
                    : OpenX64(path.Directory, path.Path, flags, FileMode));
        }
        while (result == -UnixErrors.Interrupted);

        file = new SafeFileHandle((nint)Math.Max(result, -1), ownsHandle: true);
        return result;
    }

    /// <summary>Writes the file and the device's own cache to the medium; fsync does not.</summary>
    public static long FullSync(SafeFileHandle file) => Control(file, ControlFullSync, 0);

    /// <summary>Reserves blocks behind the file's last one, all or none, without changing its size.</summary>
    public static long Preallocate(SafeFileHandle file, long length)
    {
        MacPreallocation request = new() { Flags = AllocateAll, PositionMode = FromEndOfFile, Length = length };
        return Control(file, ControlPreallocate, (nint)(&request));
    }

    /// <summary>The status of <paramref name="path"/>; of a link, the status of the link itself.</summary>
    public static long GetStatus(UnixPath path, bool isLinkItself, out MacFileStatus status)
    {
        int flags = isLinkItself ? NoFollow : 0;
        long result;
        do
        {
            result = UnixSyscalls.Result(
                IsArm64
                    ? StatArm64(path.Directory, path.Path, out status, flags)
                    : StatX64(path.Directory, path.Path, out status, flags));
        }
        while (result == -UnixErrors.Interrupted);

        return result;
    }

    public static long GetStatus(SafeFileHandle file, out MacFileStatus status) =>
        UnixSyscalls.Result(IsArm64 ? FStatArm64(file, out status) : FStatX64(file, out status));

    /// <summary>The name of the type of the file system that holds an open file or directory.</summary>
    public static long GetFileSystemType(SafeFileHandle file, out string type)
    {
        // struct statfs with 64-bit inodes: 2,168 bytes, the name of at most 15 at 72.
        byte* status = stackalloc byte[4096];
        long result;
        do
        {
            result = UnixSyscalls.Result(IsArm64 ? StatFsArm64(file, status) : StatFsX64(file, status));
        }
        while (result == -UnixErrors.Interrupted);

        ReadOnlySpan<byte> name = new(status + 72, 16);
        int end = name.IndexOf((byte)0);
        type = Encoding.ASCII.GetString(end >= 0 ? name[..end] : name);
        return result;
    }

    private static long Control(SafeFileHandle file, int command, nint argument)
    {
        long result;
        do
        {
            result = UnixSyscalls.Result(
                IsArm64
                    ? ControlArm64(file, command, 0, 0, 0, 0, 0, 0, argument)
                    : ControlX64(file, command, argument));
        }
        while (result == -UnixErrors.Interrupted);

        return result;
    }

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenX64(SafeFileHandle directory, string path, int flags, nint mode);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenArm64(
        SafeFileHandle directory,
        string path,
        int flags,
        nint x3,
        nint x4,
        nint x5,
        nint x6,
        nint x7,
        nint mode);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int ControlX64(SafeFileHandle file, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int ControlArm64(
        SafeFileHandle file, int command, nint x2, nint x3, nint x4, nint x5, nint x6, nint x7, nint argument);

    // On x64 the plain names still belong to structures with 32-bit inodes.
    [LibraryImport(
        "libc", EntryPoint = "fstatat$INODE64", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX64(SafeFileHandle directory, string path, out MacFileStatus status, int flags);

    [LibraryImport("libc", EntryPoint = "fstatat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatArm64(SafeFileHandle directory, string path, out MacFileStatus status, int flags);

    [LibraryImport("libc", EntryPoint = "fstat$INODE64", SetLastError = true)]
    private static partial int FStatX64(SafeFileHandle file, out MacFileStatus status);

    [LibraryImport("libc", EntryPoint = "fstat", SetLastError = true)]
    private static partial int FStatArm64(SafeFileHandle file, out MacFileStatus status);

    [LibraryImport("libc", EntryPoint = "fstatfs$INODE64", SetLastError = true)]
    private static partial int StatFsX64(SafeFileHandle file, byte* status);

    [LibraryImport("libc", EntryPoint = "fstatfs", SetLastError = true)]
    private static partial int StatFsArm64(SafeFileHandle file, byte* status);
}

using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.IO.Unix;

/// <summary>
/// The system calls that are the same on Linux and macOS. Each returns the result of the call or, if it failed, the
/// negated error number. A call that a signal interrupted is made again where that does no harm.
/// </summary>
internal static unsafe partial class UnixSyscalls
{
    public const int ProtectRead = 1; // PROT_READ
    public const int ProtectWrite = 2; // PROT_WRITE
    public const int LockExclusiveOrFail = 2 | 4; // LOCK_EX | LOCK_NB
    public const int Unlock = 8; // LOCK_UN

    private const int MapShared = 1; // MAP_SHARED

    /// <summary>AT_REMOVEDIR.</summary>
    private static int RemoveDirectories => OperatingSystem.IsMacOS() ? 0x80 : 0x200;

    private const int SeekEnd = 2; // SEEK_END

    /// <summary>
    /// Converts the value of a call. It must run directly after the call, because anything in between may replace the
    /// error number.
    /// </summary>
    public static long Result(long value)
    {
        int error = Marshal.GetLastPInvokeError();
        return value >= 0 ? value : -error;
    }

    public static long Read(SafeFileHandle file, byte* buffer, int length, long position)
    {
        long result;
        do
        {
            result = Result(pread(file, buffer, (nuint)length, position));
        }
        while (result == -UnixErrors.Interrupted);

        return result;
    }

    public static long Write(SafeFileHandle file, byte* buffer, int length, long position)
    {
        long result;
        do
        {
            result = Result(pwrite(file, buffer, (nuint)length, position));
        }
        while (result == -UnixErrors.Interrupted);

        return result;
    }

    /// <summary>
    /// The file's size. No call here reads or writes at the descriptor's own position, which this moves.
    /// </summary>
    public static long GetLength(SafeFileHandle file) => Result(lseek(file, 0, SeekEnd));

    public static long SetLength(SafeFileHandle file, long length)
    {
        long result;
        do
        {
            result = Result(ftruncate(file, length));
        }
        while (result == -UnixErrors.Interrupted);

        return result;
    }

    /// <summary>fsync. An interrupted call has done nothing, and keeps earlier errors.</summary>
    public static long Sync(SafeFileHandle file)
    {
        long result;
        do
        {
            result = Result(fsync(file));
        }
        while (result == -UnixErrors.Interrupted);

        return result;
    }

    public static long Lock(SafeFileHandle file, int operation)
    {
        long result;
        do
        {
            result = Result(flock(file, operation));
        }
        while (result == -UnixErrors.Interrupted);

        return result;
    }

    public static long MakeDirectory(UnixPath path, uint mode) => Result(mkdirat(path.Directory, path.Path, mode));

    public static long RemoveDirectory(UnixPath path) => Result(unlinkat(path.Directory, path.Path, RemoveDirectories));

    public static long Rename(UnixPath from, UnixPath to) =>
        Result(renameat(from.Directory, from.Path, to.Directory, to.Path));

    public static long Link(UnixPath path, UnixPath second) =>
        Result(linkat(path.Directory, path.Path, second.Directory, second.Path, 0));

    public static long Unlink(UnixPath path) => Result(unlinkat(path.Directory, path.Path, 0));

    public static long SetMode(SafeFileHandle file, uint mode) => Result(fchmod(file, mode));

    public static long SetMode(UnixPath path, uint mode) => Result(fchmodat(path.Directory, path.Path, mode, 0));

    /// <summary>Maps a file shared; the address, or a negated error number (no address is that high).</summary>
    public static long Map(SafeFileHandle file, long length, int protection) =>
        Result(mmap(null, (nuint)length, protection, MapShared, file, 0));

    public static long Unmap(byte* address, long length) => Result(munmap(address, (nuint)length));

    public static long Advise(byte* address, long length, int advice) =>
        Result(madvise(address, (nuint)length, advice));

    public static long SyncMap(byte* address, long length, int flags) => Result(msync(address, (nuint)length, flags));

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pread(SafeFileHandle file, byte* buffer, nuint length, long position);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pwrite(SafeFileHandle file, byte* buffer, nuint length, long position);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long lseek(SafeFileHandle file, long position, int from);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(SafeFileHandle file, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeFileHandle file, int operation);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkdirat(SafeFileHandle directory, string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int unlinkat(SafeFileHandle directory, string path, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int renameat(
        SafeFileHandle fromDirectory, string from, SafeFileHandle toDirectory, string to);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int linkat(
        SafeFileHandle fromDirectory, string from, SafeFileHandle toDirectory, string to, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchmod(SafeFileHandle file, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int fchmodat(SafeFileHandle directory, string path, uint mode, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint mmap(
        void* address, nuint length, int protection, int flags, SafeFileHandle file, long position);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int munmap(byte* address, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int madvise(byte* address, nuint length, int advice);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int msync(byte* address, nuint length, int flags);
}

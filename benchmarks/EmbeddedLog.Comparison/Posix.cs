using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.Comparison;

/// <summary>The system calls of the limits, on Linux.</summary>
internal static unsafe partial class Posix
{
    public const int Random = 1; // MADV_RANDOM
    public const int HugePages = 14; // MADV_HUGEPAGE
    public const int PopulateWrite = 23; // MADV_POPULATE_WRITE

    private const int PrivateAndAnonymous = 0x22; // MAP_PRIVATE | MAP_ANONYMOUS
    private const int OpenDirectory = 0x80000; // O_RDONLY | O_CLOEXEC

    /// <summary>Flushes a file to the disk; unlike the framework's call it reports a failure.</summary>
    public static void Flush(SafeFileHandle file) => Check(fdatasync(file));

    /// <summary>Waits until the file system that holds a directory has nothing left to write; on Linux.</summary>
    public static void SyncFileSystem(string directory)
    {
        if (OperatingSystem.IsLinux())
        {
            // The framework opens no directories.
            int descriptor = open(directory, OpenDirectory);
            Check(descriptor);
            using SafeFileHandle handle = new(descriptor, ownsHandle: true);
            Check(syncfs(handle));
        }
    }

    /// <summary>
    /// Takes so much memory, touches it, and gives it back; on Linux. A virtual machine returns memory that was free
    /// for some seconds to its host, and the next use of it costs many times the price of a page. Without this, the
    /// first measurement after a pause would pay that.
    /// </summary>
    public static void TouchFreeMemory(long bytes)
    {
        if (OperatingSystem.IsLinux())
        {
            nint address = mmap(0, (nuint)bytes, 3, PrivateAndAnonymous, -1, 0);
            Check(address == -1 ? -1 : 0);

            // In large pages, like a log: single pages would come from the fragments of the last file.
            Advise((byte*)address, bytes, HugePages);
            Advise((byte*)address, bytes, PopulateWrite);
            Unmap((byte*)address, bytes);
        }
    }

    public static void Allocate(SafeFileHandle file, long length) => Check(fallocate(file, 0, 0, length));

    public static byte* Map(SafeFileHandle file, long length)
    {
        nint address = mmap(0, (nuint)length, 3, 1, file, 0);
        Check(address == -1 ? -1 : 0);
        return (byte*)address;
    }

    public static void Unmap(byte* address, long length) => Check(munmap((nint)address, (nuint)length));

    /// <summary>Ignored advice is not an error.</summary>
    public static void Advise(byte* address, long length, int advice) =>
        _ = madvise((nint)address, (nuint)length, advice);

    private static void Check(int result)
    {
        if (result < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int syncfs(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fdatasync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(SafeFileHandle file, int mode, long position, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint mmap(
        nint address, nuint length, int protection, int flags, SafeFileHandle file, long position);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint mmap(
        nint address, nuint length, int protection, int flags, int file, long position);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int munmap(nint address, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int madvise(nint address, nuint length, int advice);
}

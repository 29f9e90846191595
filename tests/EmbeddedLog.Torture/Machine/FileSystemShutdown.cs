using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.Torture.Machine;

/// <summary>The call that shuts a file system down at once. ext4 and xfs have it, with the same number.</summary>
internal static partial class FileSystemShutdown
{
    private const nuint ShutdownRequest = 0x8004587D; // EXT4_IOC_SHUTDOWN, XFS_IOC_GOINGDOWN: _IOR('X', 125, __u32)
    private const uint WithoutLogFlushFlag = 2; // EXT4_GOING_FLAGS_NOLOGFLUSH, XFS_FSOP_GOING_FLAGS_NOLOGFLUSH
    private const int DirectoryReadOnly = 0x10000; // O_RDONLY | O_DIRECTORY
    private const int CloseOnExec = 0x80000; // O_CLOEXEC

    /// <summary>Shuts the file system at a mount point down without writing its journal.</summary>
    public static void WithoutLogFlush(string path)
    {
        using SafeFileHandle directory = new(open(path, DirectoryReadOnly | CloseOnExec), ownsHandle: true);
        uint flags = WithoutLogFlushFlag;
        if (directory.IsInvalid || ioctl(directory, ShutdownRequest, ref flags) != 0)
        {
            throw new InvalidOperationException(
                $"'{path}' cannot be shut down: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    // Variadic in C, which makes no difference for one pointer on the processors that these file systems are tested on.
    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int ioctl(SafeFileHandle file, nuint request, ref uint flags);
}

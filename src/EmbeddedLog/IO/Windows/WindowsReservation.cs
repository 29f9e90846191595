using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.IO.Windows;

/// <summary>
/// Address space that is reserved as a whole and filled with views of a file one behind the other, as the file grows.
/// Reserving it takes neither memory nor space on the disk. Each returns zero or the error code.
/// </summary>
[SupportedOSPlatform("windows")]
internal static unsafe partial class WindowsReservation
{
    private const uint Reserve = 0x2000 | 0x40000; // MEM_RESERVE | MEM_RESERVE_PLACEHOLDER
    private const uint Replace = 0x4000; // MEM_REPLACE_PLACEHOLDER
    private const uint Release = 0x8000; // MEM_RELEASE
    private const uint Split = Release | 2; // ... | MEM_PRESERVE_PLACEHOLDER
    private const uint Join = Release | 1; // ... | MEM_COALESCE_PLACEHOLDERS
    private const uint PageNoAccess = 1; // PAGE_NOACCESS
    private const uint PageReadOnly = 2; // PAGE_READONLY
    private const uint PageReadWrite = 4; // PAGE_READWRITE

    /// <summary>The pseudo handle of this process.</summary>
    private const nint ThisProcess = -1;

    /// <summary>Whether the system has the calls: Windows 10 1803, Windows Server 2019 and later ones.</summary>
    public static bool IsSupported { get; } =
        NativeLibrary.TryLoad("kernelbase", out nint library)
        && NativeLibrary.TryGetExport(library, "VirtualAlloc2", out _)
        && NativeLibrary.TryGetExport(library, "MapViewOfFile3", out _);

    /// <summary>Reserves whole pages.</summary>
    public static int Take(long length, out byte* pointer)
    {
        pointer = VirtualAlloc2(ThisProcess, null, (nuint)length, Reserve, PageNoAccess, null, 0);
        int error = Marshal.GetLastPInvokeError();
        return pointer is null ? error : 0;
    }

    /// <summary>
    /// Maps whole pages of a file to the beginning of the remaining reservation. Extends the file to their end.
    /// </summary>
    /// <param name="file">The file, open for writing.</param>
    /// <param name="at">Where the remaining reservation begins.</param>
    /// <param name="reserved">How long it is.</param>
    /// <param name="position">The place in the file.</param>
    /// <param name="length">How much to map; at most the remaining reservation.</param>
    /// <param name="writable">Whether the view can be stored to.</param>
    public static int Fill(
        SafeFileHandle file, byte* at, long reserved, long position, long length, bool writable)
    {
        long end = position + length;
        nint section = CreateFileMapping(file, null, PageReadWrite, (uint)(end >> 32), (uint)end, null);
        int error = Marshal.GetLastPInvokeError();
        if (section == 0)
        {
            return error;
        }

        bool divides = length < reserved;
        error = divides && VirtualFree(at, (nuint)length, Split) == 0 ? Marshal.GetLastPInvokeError() : 0;
        if (error == 0)
        {
            uint protection = writable ? PageReadWrite : PageReadOnly;
            byte* view = MapViewOfFile3(
                section, ThisProcess, at, (ulong)position, (nuint)length, Replace, protection, null, 0);
            error = Marshal.GetLastPInvokeError();
            error = view is null ? error : 0;
            if (error != 0 && divides)
            {
                // Restored, so that another try may have another length.
                _ = VirtualFree(at, (nuint)reserved, Join);
            }
        }

        // The view keeps the section.
        _ = CloseHandle(section);
        return error;
    }

    /// <summary>Releases the remaining reservation from an address on.</summary>
    public static int GiveUp(byte* pointer)
    {
        int succeeded = VirtualFree(pointer, 0, Release);
        int error = Marshal.GetLastPInvokeError();
        return succeeded != 0 ? 0 : error;
    }

    [LibraryImport("kernelbase", SetLastError = true)]
    private static partial byte* VirtualAlloc2(
        nint process, void* address, nuint length, uint type, uint protection, void* parameters, uint count);

    [LibraryImport("kernelbase", SetLastError = true)]
    private static partial byte* MapViewOfFile3(
        nint section,
        nint process,
        void* address,
        ulong position,
        nuint length,
        uint type,
        uint protection,
        void* parameters,
        uint count);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial int VirtualFree(void* address, nuint length, uint type);

    [LibraryImport(
        "kernel32",
        EntryPoint = "CreateFileMappingW",
        SetLastError = true,
        StringMarshalling = StringMarshalling.Utf16)]
    private static partial nint CreateFileMapping(
        SafeFileHandle file, void* security, uint protection, uint lengthHigh, uint lengthLow, string? name);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial int CloseHandle(nint handle);
}

using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.IO.Windows;

/// <summary>
/// Reserves space for a file, or leaves holes in it. Each method returns zero or the error code, unless it says
/// otherwise.
/// </summary>
[SupportedOSPlatform("windows")]
internal static unsafe partial class WindowsAllocation
{
    private const uint SetSparse = 0x900C4; // FSCTL_SET_SPARSE
    private const uint QueryAllocatedRanges = 0x940CF; // FSCTL_QUERY_ALLOCATED_RANGES
    private const int MoreData = 234; // ERROR_MORE_DATA

    /// <summary>NTFS has no smaller holes.</summary>
    private const long HoleBytes = 64 << 10;

    private const long ProbeBytes = 64 << 10;
    private const int MaxRanges = 64;

    private static readonly byte[] s_zeros = new byte[64 << 10];

    /// <summary>Extends a file over space that is reserved.</summary>
    /// <param name="file">The file.</param>
    /// <param name="from">Its end.</param>
    /// <param name="to">Its new end.</param>
    /// <param name="writesInstead">Whether to write zeros if there is no call for it.</param>
    public static int Extend(SafeFileHandle file, long from, long to, bool writesInstead)
    {
        int error = WindowsSyscalls.GetAttributes(file, out FileAttributes attributes);
        if (error == 0 && (attributes & FileAttributes.SparseFile) != 0)
        {
            // Space is taken piece by piece, when the file is written to.
            error = WindowsSyscalls.SetLength(file, to);
            return error != 0 ? error : WriteZeros(file, from, to);
        }

        error = error != 0 ? error : WindowsSyscalls.SetAllocation(file, to);
        if (writesInstead && WindowsErrors.IsUnsupported(error))
        {
            return WriteZeros(file, from, to);
        }

        return error != 0 ? error : WindowsSyscalls.SetLength(file, to);
    }

    /// <summary>
    /// Reserves space for the holes in a part of a file. Only <see cref="AllowHoles"/>, or a copy that keeps holes,
    /// makes any.
    /// </summary>
    public static int FillHoles(SafeFileHandle file, long from, long to)
    {
        int error = WindowsSyscalls.GetAttributes(file, out FileAttributes attributes);
        if (error != 0 || (attributes & FileAttributes.SparseFile) == 0)
        {
            return error;
        }

        // FILE_ALLOCATED_RANGE_BUFFER: a position and a length.
        long* ranges = stackalloc long[2 * MaxRanges];
        long* asked = stackalloc long[2];
        while (from < to)
        {
            asked[0] = from;
            asked[1] = to - from;
            int succeeded = DeviceIoControl(
                file, QueryAllocatedRanges, asked, 2 * sizeof(long), ranges, 2 * MaxRanges * sizeof(long),
                out int bytes, null);
            error = Marshal.GetLastPInvokeError();
            if (succeeded == 0 && error != MoreData)
            {
                return error;
            }

            int count = bytes / (2 * sizeof(long));
            for (int i = 0; i < count; i++)
            {
                error = WriteZeros(file, from, ranges[2 * i]);
                if (error != 0)
                {
                    return error;
                }

                from = Math.Max(from, ranges[2 * i] + ranges[(2 * i) + 1]);
            }

            if (succeeded != 0 || count == 0)
            {
                return WriteZeros(file, from, to);
            }
        }

        return 0;
    }

    /// <summary>
    /// Allows holes in a file that is about to grow by so much, so that it takes space only for written bytes. A file
    /// system without holes reserves all of it.
    /// </summary>
    public static void AllowHoles(SafeFileHandle file, long growth)
    {
        if (growth > HoleBytes)
        {
            _ = DeviceIoControl(file, SetSparse, null, 0, null, 0, out _, null);
        }
    }

    /// <summary>Whether space can be reserved for an empty file; null if unknown.</summary>
    public static bool? Probe(SafeFileHandle file, bool writesInstead)
    {
        int error = WindowsSyscalls.SetAllocation(file, ProbeBytes);
        if (error != 0)
        {
            // A full disk does not mean that space cannot be reserved.
            return WindowsErrors.IsUnsupported(error) ? writesInstead : null;
        }

        return WindowsSyscalls.GetAllocation(file, out long allocated) == 0 ? allocated >= ProbeBytes : null;
    }

    private static int WriteZeros(SafeFileHandle file, long from, long to)
    {
        fixed (byte* zeros = s_zeros)
        {
            while (from < to)
            {
                int length = (int)Math.Min(s_zeros.Length, to - from);
                int error = WindowsSyscalls.Write(file, zeros, length, from, out int written);
                if (error != 0 || written == 0)
                {
                    return error != 0 ? error : WindowsErrors.DeviceFailure;
                }

                from += written;
            }
        }

        return 0;
    }

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial int DeviceIoControl(
        SafeFileHandle file,
        uint code,
        void* input,
        int inputLength,
        void* output,
        int outputLength,
        out int returned,
        NativeOverlapped* overlapped);
}

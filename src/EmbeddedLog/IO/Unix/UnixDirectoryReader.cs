using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.IO.Unix;

/// <summary>
/// Reads the names in an open directory. The runtime lists directories only by path, and the path may lead to another
/// one by now.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal static unsafe partial class UnixDirectoryReader
{
    /// <summary>
    /// The position of an entry's type, d_type, in the structures of 64-bit systems. The name follows it.
    /// </summary>
    private static int TypeAt => OperatingSystem.IsMacOS() ? 20 : 18;

    /// <summary>macOS on x64 uses the plain names for structures with 32-bit inodes.</summary>
    private static bool HasOldNames { get; } =
        OperatingSystem.IsMacOS() && RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>All names but the two dots, in no order. Closes the directory.</summary>
    public static List<(string Name, UnixFileType Type)> Read(SafeFileHandle directory, string path)
    {
        using (directory)
        {
            nint stream = HasOldNames ? OpenStreamX64(directory) : fdopendir(directory);
            if (stream == 0)
            {
                throw UnixErrors.Failure("opendir", path, -Marshal.GetLastPInvokeError());
            }

            // The descriptor belongs to the stream now.
            directory.SetHandleAsInvalid();
            try
            {
                return ReadAll(stream, path);
            }
            finally
            {
                _ = closedir(stream);
            }
        }
    }

    private static List<(string Name, UnixFileType Type)> ReadAll(nint stream, string path)
    {
        List<(string, UnixFileType)> names = [];
        while (true)
        {
            byte* entry = HasOldNames ? ReadX64(stream) : readdir(stream);
            if (entry is null)
            {
                // The error number was zero before the call, and still is at the end of the directory.
                int error = Marshal.GetLastPInvokeError();
                return error == 0 ? names : throw UnixErrors.Failure("readdir", path, -error);
            }

            ReadOnlySpan<byte> bytes = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + TypeAt + 1);
            string name = Encoding.UTF8.GetString(bytes);
            if (name is not ("." or ".."))
            {
                names.Add((name, (UnixFileType)entry[TypeAt]));
            }
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint fdopendir(SafeFileHandle directory);

    [LibraryImport("libc", EntryPoint = "fdopendir$INODE64", SetLastError = true)]
    private static partial nint OpenStreamX64(SafeFileHandle directory);

    [LibraryImport("libc", SetLastError = true)]
    private static partial byte* readdir(nint stream);

    [LibraryImport("libc", EntryPoint = "readdir$INODE64", SetLastError = true)]
    private static partial byte* ReadX64(nint stream);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int closedir(nint stream);
}

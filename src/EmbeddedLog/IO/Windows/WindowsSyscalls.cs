using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.IO.Windows;

/// <summary>The Win32 calls. Each returns zero or the error code, unless it says otherwise.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe partial class WindowsSyscalls
{
    public const uint AccessRead = 0x80000000; // GENERIC_READ
    public const uint AccessReadWrite = 0xC0000000; // GENERIC_READ | GENERIC_WRITE
    public const uint ShareReadWrite = 3; // FILE_SHARE_READ | FILE_SHARE_WRITE
    public const uint ShareAll = 7; // ... | FILE_SHARE_DELETE
    public const uint CreateNew = 1; // CREATE_NEW
    public const uint OpenExisting = 3; // OPEN_EXISTING
    public const uint OpenOrCreate = 4; // OPEN_ALWAYS
    public const uint OpenDirectories = 0x02000000; // FILE_FLAG_BACKUP_SEMANTICS
    public const uint OpenLinks = 0x00200000; // FILE_FLAG_OPEN_REPARSE_POINT
    public const uint DeleteOnClose = 0x04000000 | 0x100; // FILE_FLAG_DELETE_ON_CLOSE, FILE_ATTRIBUTE_TEMPORARY
    public const uint NoAttributes = 0xFFFFFFFF; // INVALID_FILE_ATTRIBUTES

    private const uint MoveReplaceWriteThrough = 1 | 8; // MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH
    private const uint LockExclusiveOrFail = 2 | 1; // LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY
    private const int InformationBasic = 0; // FileBasicInfo
    private const int InformationStandard = 1; // FileStandardInfo
    private const int InformationAllocation = 5; // FileAllocationInfo
    private const int InformationEndOfFile = 6; // FileEndOfFileInfo
    private const int InformationTag = 9; // FileAttributeTagInfo
    private const int InformationDisposition = 21; // FileDispositionInfoEx
    private const int InformationRename = 22; // FileRenameInfoEx
    private const uint DispositionDeletes = 1 | 2; // FILE_DISPOSITION_FLAG_DELETE, ..._POSIX_SEMANTICS
    private const uint RenameReplaces = 1 | 2; // FILE_RENAME_FLAG_REPLACE_IF_EXISTS, FILE_RENAME_FLAG_POSIX_SEMANTICS
    private const uint AccessDelete = 0x00110000; // DELETE | SYNCHRONIZE
    private const uint WriteThrough = 0x80000000; // FILE_FLAG_WRITE_THROUGH
    private const uint TagIsLink = 0x20000000; // IsReparseTagNameSurrogate
    private const int VolumeDevice = 4; // FileFsDeviceInformation
    private const uint DeviceNetwork = 0x14; // FILE_DEVICE_NETWORK_FILE_SYSTEM
    private const uint DeviceIsRemote = 0x10 | 0x40000000; // FILE_REMOTE_DEVICE, FILE_REMOTE_DEVICE_VSMB
    private const uint PageReadOnly = 2; // PAGE_READONLY
    private const uint PageReadWrite = 4; // PAGE_READWRITE
    private const uint MapWrite = 2; // FILE_MAP_WRITE
    private const uint MapRead = 4; // FILE_MAP_READ

    /// <summary>
    /// The locked byte: far beyond any content, because other processes cannot read a locked byte, and they read the
    /// owner's process id.
    /// </summary>
    private const int LockedByteHigh = 0x40000000;

    public static int Open(string path, uint access, uint share, uint disposition, uint flags, out SafeFileHandle file)
    {
        file = CreateFile(path, access, share, null, disposition, flags, 0);
        int error = Marshal.GetLastPInvokeError();
        return file.IsInvalid ? error : 0;
    }

    /// <summary>Reads once; at the end of the file nothing.</summary>
    public static int Read(SafeFileHandle file, byte* buffer, int length, long position, out int read)
    {
        NativeOverlapped at = At(position);
        int succeeded = ReadFile(file, buffer, length, out read, &at);
        int error = Marshal.GetLastPInvokeError();
        return succeeded != 0 || error == WindowsErrors.EndOfFile ? 0 : error;
    }

    public static int Write(SafeFileHandle file, byte* buffer, int length, long position, out int written)
    {
        NativeOverlapped at = At(position);
        int succeeded = WriteFile(file, buffer, length, out written, &at);
        return Error(succeeded);
    }

    public static int GetLength(SafeFileHandle file, out long length) => Error(GetFileSizeEx(file, out length));

    public static int SetLength(SafeFileHandle file, long length) =>
        Error(SetFileInformationByHandle(file, InformationEndOfFile, &length, sizeof(long)));

    /// <summary>Sets the space that the file occupies; below its size this would cut it off.</summary>
    public static int SetAllocation(SafeFileHandle file, long length) =>
        Error(SetFileInformationByHandle(file, InformationAllocation, &length, sizeof(long)));

    /// <summary>The space that the file occupies.</summary>
    public static int GetAllocation(SafeFileHandle file, out long allocated)
    {
        // FILE_STANDARD_INFO, whose first number it is.
        long* standard = stackalloc long[3];
        int error = Error(GetFileInformationByHandleEx(file, InformationStandard, standard, 3 * sizeof(long)));
        allocated = standard[0];
        return error;
    }

    /// <summary>The attributes of an open file.</summary>
    public static int GetAttributes(SafeFileHandle file, out FileAttributes attributes)
    {
        // FILE_BASIC_INFO: four times, and the attributes.
        long* basic = stackalloc long[5];
        int error = Error(GetFileInformationByHandleEx(file, InformationBasic, basic, 5 * sizeof(long)));
        attributes = (FileAttributes)(uint)basic[4];
        return error;
    }

    public static int Sync(SafeFileHandle file) => Error(FlushFileBuffers(file));

    public static int Lock(SafeFileHandle file)
    {
        NativeOverlapped at = new() { OffsetHigh = LockedByteHigh };
        return Error(LockFileEx(file, LockExclusiveOrFail, 0, 1, 0, &at));
    }

    /// <summary>Maps a whole file of this length, which is not beyond its end.</summary>
    public static int Map(SafeFileHandle file, long length, bool writable, out byte* pointer)
    {
        pointer = null;
        nint section = CreateFileMapping(file, null, writable ? PageReadWrite : PageReadOnly, 0, 0, null);
        int error = Marshal.GetLastPInvokeError();
        if (section == 0)
        {
            return error;
        }

        pointer = MapViewOfFile(section, writable ? MapRead | MapWrite : MapRead, 0, 0, (nuint)length);
        error = Marshal.GetLastPInvokeError();

        // The view keeps the section.
        _ = CloseHandle(section);
        return pointer is null ? error : 0;
    }

    public static int Unmap(byte* pointer) => Error(UnmapViewOfFile(pointer));

    public static int SyncMap(byte* pointer, long length) => Error(FlushViewOfFile(pointer, (nuint)length));

    public static int MakeDirectory(string path) => Error(CreateDirectory(path, null));

    public static int RemoveDirectory(string path) => Error(RemoveDirectoryNative(path));

    /// <summary>
    /// Deletes a file. If the system can, the name is free at once, even if the file is open elsewhere.
    /// </summary>
    public static int Unlink(string path)
    {
        int error = UnlinkOpen(path);
        return WindowsErrors.IsUnsupported(error) ? Error(DeleteFile(path)) : error;
    }

    /// <summary>
    /// Renames, replacing a file, and returns when the change is on the disk. If the system can, a file that is open
    /// elsewhere is replaced too, and stays usable without a name.
    /// </summary>
    public static int Rename(string from, string to)
    {
        int error = RenameOverOpen(from, to);
        return WindowsErrors.IsUnsupported(error) ? Error(MoveFileEx(from, to, MoveReplaceWriteThrough)) : error;
    }

    /// <summary>
    /// Whether an open handle is a reparse point, and whether that stands for another name: a symbolic link or a
    /// junction, not a file in special storage.
    /// </summary>
    public static int GetReparsing(SafeFileHandle file, out bool isReparsed, out bool isLink)
    {
        // FILE_ATTRIBUTE_TAG_INFO: attributes and a tag.
        uint* found = stackalloc uint[2];
        int error = Error(GetFileInformationByHandleEx(file, InformationTag, found, 2 * sizeof(uint)));
        isReparsed = error == 0 && ((FileAttributes)found[0] & FileAttributes.ReparsePoint) != 0;
        isLink = isReparsed && (found[1] & TagIsLink) != 0;
        return error;
    }

    public static int GetAttributes(string path, out uint attributes)
    {
        attributes = GetFileAttributes(path);
        int error = Marshal.GetLastPInvokeError();
        return attributes == NoAttributes ? error : 0;
    }

    /// <summary>The name of the type of the file system that holds an open file or directory.</summary>
    public static int GetFileSystemType(SafeFileHandle file, out string type)
    {
        char* name = stackalloc char[64];
        int succeeded = GetVolumeInformationByHandle(file, null, 0, null, null, null, name, 64);
        int error = Error(succeeded);
        type = error == 0 ? new string(name) : "";
        return error;
    }

    /// <summary>Whether an open file or directory is on another machine; null if unknown.</summary>
    public static bool? IsRemote(SafeFileHandle file)
    {
        // IO_STATUS_BLOCK, and FILE_FS_DEVICE_INFORMATION: a type and characteristics.
        nint* status = stackalloc nint[2];
        uint* device = stackalloc uint[2];
        return NtQueryVolumeInformationFile(file, status, device, 2 * sizeof(uint), VolumeDevice) >= 0
            ? device[0] == DeviceNetwork || (device[1] & DeviceIsRemote) != 0
            : null;
    }

    private static int UnlinkOpen(string path)
    {
        int error = Open(path, AccessDelete, ShareAll, OpenExisting, OpenLinks, out SafeFileHandle file);
        using (file)
        {
            uint flags = DispositionDeletes;
            return error != 0
                ? error
                : Error(SetFileInformationByHandle(file, InformationDisposition, &flags, sizeof(uint)));
        }
    }

    private static int RenameOverOpen(string from, string to)
    {
        int error = Open(
            from, AccessDelete, ShareAll, OpenExisting, OpenDirectories | OpenLinks | WriteThrough,
            out SafeFileHandle file);
        using (file)
        {
            if (error != 0)
            {
                return error;
            }

            // FILE_RENAME_INFO: flags, a directory, the length of the name in bytes, and the name, with a zero behind.
            const int NameAt = 20;
            int nameBytes = to.Length * sizeof(char);
            byte[] information = new byte[NameAt + nameBytes + sizeof(char)];
            MemoryMarshal.Write(information, RenameReplaces);
            MemoryMarshal.Write(information.AsSpan(NameAt - sizeof(int)), nameBytes);
            MemoryMarshal.AsBytes(to.AsSpan()).CopyTo(information.AsSpan(NameAt));
            fixed (byte* bytes = information)
            {
                return Error(SetFileInformationByHandle(file, InformationRename, bytes, information.Length));
            }
        }
    }

    /// <summary>It must run directly after the call, because anything in between may replace the error code.</summary>
    private static int Error(int succeeded)
    {
        int error = Marshal.GetLastPInvokeError();
        return succeeded != 0 ? 0 : error;
    }

    private static NativeOverlapped At(long position) =>
        new() { OffsetLow = (int)position, OffsetHigh = (int)(position >> 32) };

    [LibraryImport(
        "kernel32", EntryPoint = "CreateFileW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    private static partial SafeFileHandle CreateFile(
        string path, uint access, uint share, void* security, uint disposition, uint flags, nint template);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial int ReadFile(
        SafeFileHandle file, byte* buffer, int length, out int read, NativeOverlapped* at);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial int WriteFile(
        SafeFileHandle file, byte* buffer, int length, out int written, NativeOverlapped* at);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial int GetFileSizeEx(SafeFileHandle file, out long length);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial int SetFileInformationByHandle(
        SafeFileHandle file, int information, void* value, int length);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial int GetFileInformationByHandleEx(
        SafeFileHandle file, int information, void* value, int length);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial int FlushFileBuffers(SafeFileHandle file);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial int LockFileEx(
        SafeFileHandle file, uint flags, uint reserved, uint lengthLow, uint lengthHigh, NativeOverlapped* at);

    [LibraryImport(
        "kernel32",
        EntryPoint = "CreateFileMappingW",
        SetLastError = true,
        StringMarshalling = StringMarshalling.Utf16)]
    private static partial nint CreateFileMapping(
        SafeFileHandle file, void* security, uint protection, uint lengthHigh, uint lengthLow, string? name);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial byte* MapViewOfFile(nint section, uint access, uint high, uint low, nuint length);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial int UnmapViewOfFile(byte* pointer);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial int FlushViewOfFile(byte* pointer, nuint length);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial int CloseHandle(nint handle);

    [LibraryImport(
        "kernel32", EntryPoint = "CreateDirectoryW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    private static partial int CreateDirectory(string path, void* security);

    [LibraryImport(
        "kernel32", EntryPoint = "RemoveDirectoryW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    private static partial int RemoveDirectoryNative(string path);

    [LibraryImport(
        "kernel32", EntryPoint = "DeleteFileW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    private static partial int DeleteFile(string path);

    [LibraryImport(
        "kernel32", EntryPoint = "MoveFileExW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    private static partial int MoveFileEx(string from, string to, uint flags);

    [LibraryImport(
        "kernel32",
        EntryPoint = "GetFileAttributesW",
        SetLastError = true,
        StringMarshalling = StringMarshalling.Utf16)]
    private static partial uint GetFileAttributes(string path);

    [LibraryImport("kernel32", EntryPoint = "GetVolumeInformationByHandleW", SetLastError = true)]
    private static partial int GetVolumeInformationByHandle(
        SafeFileHandle file,
        char* label,
        int labelLength,
        uint* serial,
        uint* nameLength,
        uint* flags,
        char* type,
        int typeLength);

    [LibraryImport("ntdll")]
    private static partial int NtQueryVolumeInformationFile(
        SafeFileHandle file, void* status, void* value, int length, int information);
}

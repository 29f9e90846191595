using System.Runtime.InteropServices;

namespace EmbeddedLog.IO.Windows;

/// <summary>The Win32 error codes that the log distinguishes.</summary>
internal static class WindowsErrors
{
    public const int FileNotFound = 2;
    public const int PathNotFound = 3;
    public const int AccessDenied = 5;
    public const int InvalidHandle = 6;
    public const int SharingViolation = 32;
    public const int LockViolation = 33;
    public const int EndOfFile = 38;
    public const int InvalidParameter = 87;
    public const int AlreadyExists = 183;
    public const int NotADirectory = 267;
    public const int StoppedOnLink = 681;
    public const int Pending = 997;
    public const int DeviceFailure = 1117;

    /// <summary>The exception for a call that failed with <paramref name="code"/>.</summary>
    public static FileSystemException Failure(string operation, string path, int code) =>
        new(operation, path, KindOf(code), code, Marshal.GetPInvokeErrorMessage(code));

    /// <summary>The exception for a flush that failed with <paramref name="code"/>.</summary>
    public static FileSystemException FailedFlush(string operation, string path, int code) =>
        new(operation, path, KindOf(code), code, Marshal.GetPInvokeErrorMessage(code)) { IsFailedFlush = true };

    /// <summary>Whether the code says that a path does not exist.</summary>
    public static bool IsNotFound(int code) => code is FileNotFound or PathNotFound;

    /// <summary>
    /// Whether a deletion failed because the file is in use, and may succeed later. For a mapped file the system only
    /// reports "access denied" (STATUS_CANNOT_DELETE).
    /// </summary>
    public static bool IsDeletionForLater(int code) => code == AccessDenied || KindOf(code) == FileSystemError.InUse;

    /// <summary>
    /// Whether a renaming failed because the file is in use for a moment, by a scanner, an indexer or a reader.
    /// </summary>
    public static bool MayPass(int code) => code is AccessDenied or SharingViolation;

    /// <summary>Whether a call failed because the system or the file system does not support it.</summary>
    public static bool IsUnsupported(int code) =>
        code == InvalidParameter || KindOf(code) == FileSystemError.NotSupported;

    /// <summary>
    /// Whether a directory could not be flushed because the system does not allow or support that. The names may still
    /// be safe.
    /// </summary>
    public static bool IsNoDirectoryFlush(int code) =>
        code is AccessDenied or SharingViolation or InvalidHandle || IsUnsupported(code);

    /// <summary>The kind of failure of a code.</summary>
    public static FileSystemError KindOf(int code) => code switch
    {
        FileNotFound or PathNotFound => FileSystemError.NotFound,
        80 or AlreadyExists => FileSystemError.AlreadyExists, // ERROR_FILE_EXISTS
        NotADirectory => FileSystemError.NotADirectory,
        SharingViolation or 145 or 303 or 1224 => FileSystemError.InUse, // ... DIR_NOT_EMPTY, DELETE_PENDING, MAPPED
        AccessDenied or 1314 => FileSystemError.AccessDenied, // ERROR_PRIVILEGE_NOT_HELD
        39 or 112 => FileSystemError.NoSpace, // ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL
        1295 => FileSystemError.QuotaExceeded, // ERROR_DISK_QUOTA_EXCEEDED
        19 => FileSystemError.ReadOnly, // ERROR_WRITE_PROTECT
        23 or 483 or DeviceFailure or 1392 => FileSystemError.DeviceFailure, // CRC, DEVICE_HARDWARE_ERROR, FILE_CORRUPT
        4 => FileSystemError.TooManyFiles, // ERROR_TOO_MANY_OPEN_FILES
        8 or 14 or 1450 or 1455 => FileSystemError.OutOfMemory, // memory, resources, page file
        1 or 50 or 120 => FileSystemError.NotSupported, // INVALID_FUNCTION, NOT_SUPPORTED, CALL_NOT_IMPLEMENTED
        _ => FileSystemError.Other,
    };
}

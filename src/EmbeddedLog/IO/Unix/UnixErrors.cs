using System.Runtime.InteropServices;

namespace EmbeddedLog.IO.Unix;

/// <summary>
/// The error numbers of Linux and macOS that the log distinguishes. They are the same up to 34, and differ above.
/// </summary>
internal static class UnixErrors
{
    public const int NotFound = 2; // ENOENT
    public const int Interrupted = 4; // EINTR
    public const int DeviceFailure = 5; // EIO
    public const int AccessDenied = 13; // EACCES
    public const int AlreadyExists = 17; // EEXIST
    public const int OtherDevice = 18; // EXDEV
    public const int NotADirectory = 20; // ENOTDIR
    public const int IsADirectory = 21; // EISDIR
    public const int InvalidArgument = 22; // EINVAL
    public const int TooManyLinks = 31; // EMLINK

    private const int NotPermitted = 1; // EPERM
    private const int OutOfMemory = 12; // ENOMEM
    private const int Busy = 16; // EBUSY
    private const int SystemFilesUsedUp = 23; // ENFILE
    private const int ProcessFilesUsedUp = 24; // EMFILE
    private const int NoSpace = 28; // ENOSPC
    private const int ReadOnly = 30; // EROFS

    /// <summary>EWOULDBLOCK: the lock is held elsewhere.</summary>
    public static int WouldBlock => OperatingSystem.IsMacOS() ? 35 : 11;

    /// <summary>The exception for a call that returned <paramref name="result"/>, a negated error number.</summary>
    public static FileSystemException Failure(string operation, string path, long result)
    {
        int code = (int)-result;
        return new FileSystemException(operation, path, KindOf(code), code, Marshal.GetPInvokeErrorMessage(code));
    }

    /// <summary>The exception for a flush that returned <paramref name="result"/>, a negated error number.</summary>
    public static FileSystemException FailedFlush(string operation, string path, long result)
    {
        int code = (int)-result;
        string reason = Marshal.GetPInvokeErrorMessage(code);
        return new FileSystemException(operation, path, KindOf(code), code, reason) { IsFailedFlush = true };
    }

    /// <summary>The kind of an error number.</summary>
    public static FileSystemError KindOf(int code) => code switch
    {
        NotFound => FileSystemError.NotFound,
        AlreadyExists => FileSystemError.AlreadyExists,
        NotADirectory => FileSystemError.NotADirectory,
        DeviceFailure => FileSystemError.DeviceFailure,
        NotPermitted or AccessDenied => FileSystemError.AccessDenied,
        OutOfMemory => FileSystemError.OutOfMemory,
        Busy => FileSystemError.InUse,
        SystemFilesUsedUp or ProcessFilesUsedUp => FileSystemError.TooManyFiles,
        NoSpace => FileSystemError.NoSpace,
        ReadOnly => FileSystemError.ReadOnly,
        _ when code == NotEmpty => FileSystemError.InUse,
        _ when code == QuotaExceeded => FileSystemError.QuotaExceeded,
        _ when IsNotSupported(code) => FileSystemError.NotSupported,
        _ => FileSystemError.Other,
    };

    /// <summary>
    /// ENOTEMPTY: FUSE and NFS keep a removed file that is open under another name, in the directory where it was.
    /// </summary>
    private static int NotEmpty => OperatingSystem.IsMacOS() ? 66 : 39;

    /// <summary>EDQUOT.</summary>
    private static int QuotaExceeded => OperatingSystem.IsMacOS() ? 69 : 122;

    /// <summary>ENOTSUP, EOPNOTSUPP, ENOSYS, and ENOLCK: a file system without locks.</summary>
    private static bool IsNotSupported(int code) =>
        OperatingSystem.IsMacOS() ? code is 45 or 102 or 78 or 77 : code is 95 or 38 or 37;
}

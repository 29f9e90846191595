using EmbeddedLog.IO;

namespace EmbeddedLog.Testing.Faults;

/// <summary>Makes exceptions like those of the real file system on Linux.</summary>
internal static class SystemErrors
{
    /// <summary>EINVAL.</summary>
    public const int InvalidArgument = 22;

    /// <summary>EBADF.</summary>
    public const int BadDescriptor = 9;

    /// <summary>EISDIR.</summary>
    public const int IsADirectory = 21;

    /// <summary>ENOTEMPTY.</summary>
    public const int NotEmpty = 39;

    /// <summary>EFBIG.</summary>
    public const int FileTooBig = 27;

    /// <summary>The exception of a failed call, with the code and the text of Linux.</summary>
    public static FileSystemException Create(string operation, string path, FileSystemError error)
    {
        (int code, string reason) = error switch
        {
            FileSystemError.NoSpace => (28, "No space left on device"),
            FileSystemError.QuotaExceeded => (122, "Disk quota exceeded"),
            FileSystemError.ReadOnly => (30, "Read-only file system"),
            FileSystemError.DeviceFailure => (5, "Input/output error"),
            FileSystemError.AccessDenied => (13, "Permission denied"),
            FileSystemError.InUse => (16, "Device or resource busy"),
            FileSystemError.TooManyFiles => (24, "Too many open files"),
            FileSystemError.OutOfMemory => (12, "Cannot allocate memory"),
            FileSystemError.NotSupported => (95, "Operation not supported"),
            FileSystemError.NotFound => (2, "No such file or directory"),
            FileSystemError.AlreadyExists => (17, "File exists"),
            FileSystemError.NotADirectory => (20, "Not a directory"),
            _ => (InvalidArgument, "Invalid argument"),
        };
        return new FileSystemException(operation, path, error, code, reason);
    }

    /// <summary>The exception of a code that is not the usual one of its kind.</summary>
    public static FileSystemException Create(string operation, string path, int systemCode)
    {
        string reason = systemCode switch
        {
            BadDescriptor => "Bad file descriptor",
            IsADirectory => "Is a directory",
            NotEmpty => "Directory not empty",
            FileTooBig => "File too large",
            _ => "Invalid argument",
        };
        FileSystemError error = systemCode == NotEmpty ? FileSystemError.InUse : FileSystemError.Other;
        return new FileSystemException(operation, path, error, systemCode, reason);
    }
}

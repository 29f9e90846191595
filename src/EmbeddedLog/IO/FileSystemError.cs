namespace EmbeddedLog.IO;

/// <summary>The kinds of failure that the log distinguishes.</summary>
internal enum FileSystemError
{
    /// <summary>Any failure not named below.</summary>
    Other,

    /// <summary>The device is full (ENOSPC).</summary>
    NoSpace,

    /// <summary>The user's quota is used up (EDQUOT).</summary>
    QuotaExceeded,

    /// <summary>The file system is read-only (EROFS).</summary>
    ReadOnly,

    /// <summary>The device failed (EIO).</summary>
    DeviceFailure,

    /// <summary>Permission is missing (EACCES, EPERM).</summary>
    AccessDenied,

    /// <summary>
    /// The file is open or mapped, on a system that does not remove or replace such files; or the directory holds such
    /// a file, or any other. A later try can succeed.
    /// </summary>
    InUse,

    /// <summary>The process or the system has no handle left (EMFILE, ENFILE).</summary>
    TooManyFiles,

    /// <summary>The process has no memory or no map left (ENOMEM).</summary>
    OutOfMemory,

    /// <summary>The file system lacks the operation (EOPNOTSUPP, ENOSYS).</summary>
    NotSupported,

    /// <summary>No such file or directory (ENOENT).</summary>
    NotFound,

    /// <summary>The file exists already (EEXIST).</summary>
    AlreadyExists,

    /// <summary>A path that should be a directory is a file (ENOTDIR).</summary>
    NotADirectory,
}

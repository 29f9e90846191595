namespace EmbeddedLog.Testing;

/// <summary>What a call to the disk fails with.</summary>
public enum DiskError
{
    /// <summary>The device failed (EIO).</summary>
    Io,

    /// <summary>The disk is full (ENOSPC).</summary>
    NoSpace,

    /// <summary>The process has no handle left (EMFILE).</summary>
    NoHandles,

    /// <summary>The process has no memory or no map left (ENOMEM).</summary>
    NoMemory,

    /// <summary>Permission is missing (EACCES).</summary>
    AccessDenied,

    /// <summary>The file system is read-only (EROFS).</summary>
    ReadOnly,
}

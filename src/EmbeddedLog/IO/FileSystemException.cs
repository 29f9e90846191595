namespace EmbeddedLog.IO;

/// <summary>A file-system call that failed: which, on what, and why.</summary>
internal sealed class FileSystemException : IOException
{
    public FileSystemException(string operation, string path, FileSystemError error, int systemCode, string reason)
        : base($"{operation} of '{path}' failed: {reason} (error {systemCode}).", systemCode)
    {
        Operation = operation;
        Path = path;
        Error = error;
        SystemCode = systemCode;
        Reason = reason;
    }

    /// <summary>The call, by its system name, such as <c>fdatasync</c>.</summary>
    public string Operation { get; }

    /// <summary>The file or directory.</summary>
    public string Path { get; }

    /// <summary>What kind of failure it is, the same on every system.</summary>
    public FileSystemError Error { get; }

    /// <summary>The system's own code: <c>errno</c>, or the Win32 error.</summary>
    public int SystemCode { get; }

    /// <summary>What the system says about the code.</summary>
    public string Reason { get; }

    /// <summary>
    /// Whether the system had to write to the device and failed: it may have dropped any of the bytes, and a later
    /// success proves nothing. False if it failed before, without a handle, say: nothing is lost then, and the call may
    /// be made again.
    /// </summary>
    public bool IsFailedFlush { get; init; }
}

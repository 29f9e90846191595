namespace EmbeddedLog;

/// <summary>Options of <see cref="CommitLog.BackupAsync"/>. Copied when passed in.</summary>
public sealed class BackupOptions
{
    /// <summary>
    /// Whether complete segments may share their bytes on the disk with the log, if the file system can do that. It
    /// takes no time and no space. Such a backup protects from mistakes, not from a bad sector: copy it to another
    /// disk. False to copy everything. Default: true.
    /// </summary>
    public bool ShareSegments { get; set; } = true;

    /// <summary>A copy.</summary>
    internal BackupOptions Copy() => (BackupOptions)MemberwiseClone();
}

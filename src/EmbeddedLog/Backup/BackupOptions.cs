namespace EmbeddedLog;

/// <summary>How <see cref="CommitLog.BackupAsync"/> goes about it. Copied when handed over.</summary>
public sealed class BackupOptions
{
    /// <summary>
    /// Whether segments that are complete may share their bytes on the disk with the log, where the file system can do
    /// that: it takes no time and no space. Such a backup protects from mistakes, not from a bad sector, and is best
    /// copied on to another disk. False to copy everything. Default: true.
    /// </summary>
    public bool ShareSegments { get; set; } = true;

    /// <summary>A copy.</summary>
    internal BackupOptions Copy() => (BackupOptions)MemberwiseClone();
}

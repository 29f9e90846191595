namespace EmbeddedLog;

/// <summary>Which users of the system may read a log's files: see <see cref="CommitLogOptions.Access"/>.</summary>
public enum LogAccess
{
    /// <summary>The owner of the process alone: files have mode 0600, directories 0700.</summary>
    Owner,

    /// <summary>
    /// The owner, and the group of the files to read only: files have mode 0640, directories 0750. A process of another
    /// user in that group can follow the log with <see cref="CommitLog.OpenReadOnlyAsync"/>.
    /// </summary>
    Group,
}

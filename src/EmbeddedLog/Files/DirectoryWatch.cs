using EmbeddedLog.IO;

namespace EmbeddedLog.Files;

/// <summary>
/// Notices that the directory of an open log was removed or replaced. The log's open files do not notice that: writes
/// and flushes still succeed, in files that no later opening will find.
/// </summary>
/// <remarks>
/// A directory that was only moved goes on: all its files are found from its own descriptor. On a system that does not
/// let an open directory be moved (Windows) there is nothing to notice.
/// </remarks>
internal sealed class DirectoryWatch
{
    private readonly FileSystem _files;
    private readonly string _path;

    /// <summary>The finding. Written once, by the thread that finds it first; read by all.</summary>
    private LogDirectoryException? _failure;

    /// <summary>One when the move of the directory was reported.</summary>
    private int _movedTold;

    /// <param name="files">The file system, bound to the directory.</param>
    /// <param name="path">The directory's path.</param>
    public DirectoryWatch(FileSystem files, string path)
    {
        _files = files;
        _path = path;
    }

    /// <summary>The finding; null while there is none.</summary>
    public LogDirectoryException? Failure => Volatile.Read(ref _failure);

    /// <summary>Checks the directory; returns the finding of now or before, or null.</summary>
    public LogDirectoryException? Look()
    {
        if (Failure is null)
        {
            LogDirectoryException? found = FindPlace() switch
            {
                DirectoryPlace.Removed => Removed(),
                DirectoryPlace.Another => Replaced(),
                _ => null,
            };
            Interlocked.CompareExchange(ref _failure, found, null);
        }

        return Failure;
    }

    /// <summary>Whether the directory was moved away and its old path does not exist; true only once.</summary>
    public bool TakeMoved() =>
        Volatile.Read(ref _movedTold) == 0 && FindPlace() == DirectoryPlace.Moved
            && Interlocked.Exchange(ref _movedTold, 1) == 0;

    /// <summary>A log has a session from its first moment to its last.</summary>
    private DirectoryPlace FindPlace() => _files.FindPlace(SessionFile.FileName);

    private LogDirectoryException Removed() =>
        new($"The log's directory '{_path}' was removed or emptied while the log was open, with all flushed records. "
            + "Nothing more is acknowledged. Dispose the log; put the directory back from a backup, or open the "
            + "log again to begin with an empty one.")
        {
            File = _path,
        };

    private LogDirectoryException Replaced() =>
        new($"'{_path}' leads to another directory since the log was opened. The log's directory was moved away, with "
            + "all flushed records. Nothing more is acknowledged. Dispose the log, check which of the two directories "
            + "is the right one, and open that.")
        {
            File = _path,
        };
}

using EmbeddedLog.IO;


namespace EmbeddedLog.Files;

/// <summary>
/// Notices that the directory of an open log was removed, or that another one has taken its place. Nothing of that
/// touches the log's open files, so that writes and flushes go on to succeed, in files that nobody will find.
/// </summary>
/// <remarks>
/// A directory that was only moved goes on: all its files are found from its own descriptor. Where the system does not
/// let an open directory be moved (Windows), there is nothing to notice.
/// </remarks>
internal sealed class DirectoryWatch
{
    private readonly FileSystem _files;
    private readonly string _path;

    /// <summary>What was found, once. Written by whoever finds it first, read by everyone.</summary>
    private LogDirectoryException? _failure;

    /// <summary>One once it was told that the directory was moved.</summary>
    private int _movedTold;

    /// <param name="files">The file system, bound to the directory.</param>
    /// <param name="path">The directory's path.</param>
    public DirectoryWatch(FileSystem files, string path)
    {
        _files = files;
        _path = path;
    }

    /// <summary>What was found when somebody looked; null while nothing was.</summary>
    public LogDirectoryException? Failure => Volatile.Read(ref _failure);

    /// <summary>Looks; returns what was found now or before, or null.</summary>
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

    /// <summary>Whether the directory was moved away and nothing took its place; true only once.</summary>
    public bool TakeMoved() =>
        Volatile.Read(ref _movedTold) == 0 && FindPlace() == DirectoryPlace.Moved
            && Interlocked.Exchange(ref _movedTold, 1) == 0;

    /// <summary>A log has a session from its first moment to its last.</summary>
    private DirectoryPlace FindPlace() => _files.FindPlace(SessionFile.FileName);

    private LogDirectoryException Removed() =>
        new($"The log's directory '{_path}' was removed or emptied while the log was open, with all that was flushed "
            + "to it. Nothing more is acknowledged. Dispose the log; put the directory back from a backup, or open the "
            + "log again to begin with an empty one.")
        {
            File = _path,
        };

    private LogDirectoryException Replaced() =>
        new($"Another directory stands at '{_path}' since the log was opened; the log's own was moved away, with all "
            + "that was flushed to it. Nothing more is acknowledged. Dispose the log, see which of the two directories "
            + "is the right one, and open that.")
        {
            File = _path,
        };
}

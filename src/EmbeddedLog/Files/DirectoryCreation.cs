using EmbeddedLog.Files.Storing;
using EmbeddedLog.IO;

namespace EmbeddedLog.Files;

/// <summary>Makes directories durably, and checks whether an existing one may become a log.</summary>
internal static class DirectoryCreation
{
    /// <summary>Makes sure that a directory exists and is a log or may become one.</summary>
    /// <param name="files">The file system.</param>
    /// <param name="path">The full path.</param>
    /// <param name="forOffsets">Whether it is to hold the offsets of a follower's groups instead.</param>
    /// <exception cref="LogDirectoryException">It holds something else.</exception>
    public static void Prepare(FileSystem files, string path, bool forOffsets)
    {
        if (!files.DirectoryExists(path))
        {
            CreateDurably(files, path);
            SyncNames(files, path);
            return;
        }

        // A crash between the lock and the session leaves only the lock.
        bool isLog = SessionFile.Exists(files, path);
        if (!isLog && FindForeign(files, path) is { } foreign)
        {
            throw DirectoryErrors.Foreign(path, foreign, forOffsets);
        }

        if (!isLog)
        {
            SyncNames(files, path);
        }
    }

    /// <summary>A name in a directory that keeps it from becoming a log; null if there is none.</summary>
    private static string? FindForeign(FileSystem files, string path) =>
        files.ListDirectories(path).Concat(files.ListFiles(path).Where(name => name is not OwnNames.Lock
                and not SessionFile.FileName and not (SessionFile.FileName + StoredFile.UnfinishedSuffix)))
            .FirstOrDefault(name => !OwnNames.IsCommonplace(name));

    /// <summary>
    /// Makes the name of a directory that is not a log yet, and the names above it, durable: the process that made them
    /// may have been killed before that. A directory that this process may not read was made by another one.
    /// </summary>
    private static void SyncNames(FileSystem files, string path)
    {
        for (string? at = Path.GetDirectoryName(path); at is { Length: > 0 };
            at = Path.GetDirectoryName(at))
        {
            try
            {
                files.SyncDirectory(at);
            }
            catch (FileSystemException failure) when (failure.Error == FileSystemError.AccessDenied)
            {
                return;
            }
        }
    }

    /// <summary>
    /// Creates a directory and the missing ones above it, and makes the name of each durable in its parent: to sync
    /// only the last one does not sync the others.
    /// </summary>
    public static void CreateDurably(FileSystem files, string path)
    {
        if (Path.GetDirectoryName(path) is not { Length: > 0 } parent)
        {
            files.CreateDirectory(path);
            return;
        }

        if (!files.DirectoryExists(parent))
        {
            CreateDurably(files, parent);
        }

        files.CreateDirectory(path);
        files.SyncDirectory(parent);
    }
}

using EmbeddedLog.IO;

namespace EmbeddedLog.Storage;

/// <summary>
/// Lets the group read what earlier openings have made, where <see cref="CommitLogOptions.Access"/> says so. What is
/// not the log's stays as it is.
/// </summary>
internal static class AccessGrant
{
    /// <summary>Goes through a log's directory.</summary>
    public static void Run(FileSystem files, string directory)
    {
        files.GrantAccess(directory);
        Run(files, directory, OwnNames.IsInLog);
    }

    private static void Run(FileSystem files, string directory, Func<string, bool> concerns)
    {
        foreach (string name in files.ListFiles(directory).Where(concerns))
        {
            files.GrantAccess(Path.Combine(directory, name));
        }

        foreach (string name in files.ListDirectories(directory).Where(concerns))
        {
            string path = Path.Combine(directory, name);
            files.GrantAccess(path);
            Run(files, path, static _ => true);
        }
    }
}

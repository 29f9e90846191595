using EmbeddedLog.IO;

namespace EmbeddedLog.Files;

/// <summary>
/// Lets the group read the files of earlier openings, if <see cref="CommitLogOptions.Access"/> says so. Foreign files
/// stay as they are, at each level.
/// </summary>
internal static class AccessGrant
{
    /// <summary>Goes through a log's directory.</summary>
    public static void Run(FileSystem files, string directory)
    {
        files.GrantAccess(directory);
        foreach (string path in Grant(files, directory, OwnNames.IsInLog))
        {
            if (Path.GetFileName(path) == OwnNames.Topics)
            {
                GrantTopics(files, path);
            }
            else
            {
                GrantPartition(files, path);
            }
        }
    }

    private static void GrantTopics(FileSystem files, string directory)
    {
        bool IsTopic(string name) =>
            OwnNames.MayBeTopic(name) && files.FileExists(Path.Combine(directory, name, OwnNames.Description));

        foreach (string topic in Grant(files, directory, IsTopic))
        {
            foreach (string partition in Grant(files, topic, OwnNames.IsInTopic))
            {
                GrantPartition(files, partition);
            }
        }
    }

    private static void GrantPartition(FileSystem files, string directory)
    {
        foreach (string evidence in Grant(files, directory, OwnNames.IsInPartition))
        {
            _ = Grant(files, evidence, OwnNames.IsInPartition);
        }
    }

    /// <summary>Grants access to the log's own names in a directory; returns the directories among them.</summary>
    private static string[] Grant(FileSystem files, string directory, Func<string, bool> isOwn)
    {
        string[] directories =
            [.. files.ListDirectories(directory).Where(isOwn).Select(name => Path.Combine(directory, name))];
        Array.ForEach(directories, files.GrantAccess);
        foreach (string name in files.ListFiles(directory).Where(isOwn))
        {
            files.GrantAccess(Path.Combine(directory, name));
        }

        return directories;
    }
}

using EmbeddedLog.Torture.Machine;

namespace EmbeddedLog.Torture.Hostile;

/// <summary>Puts foreign entries into a log's directory: files, directories, links, pipes.</summary>
internal static class Planting
{
    private static readonly string[] s_names =
    [
        "00000001.segment", "00000002.index", "00000099.segment", "4294967294.segment", "4294967295.index",
        "99999999999.segment", "manifest", "checkpoint", "manifest.new", "topic.json", "control", "session", "lock",
        "0", "1", "65536", "-1", "first-1", "first-2", "third-1", "third-1.new", "third-1.deleted", "topics", "groups",
    ];

    /// <summary>Replaces or adds one entry; returns a description.</summary>
    public static string Apply(string directory, Random random)
    {
        string[] directories = Directory.GetDirectories(directory, "*", SearchOption.AllDirectories);
        Array.Sort(directories, StringComparer.Ordinal);
        string parent = random.Next(directories.Length + 1) is var at && at == directories.Length
            ? directory
            : directories[at];
        string name = s_names[random.Next(s_names.Length)];
        string path = Path.Combine(parent, name);
        Remove(path);
        string kind = Plant(path, directory, random);
        return $"{Path.GetRelativePath(directory, path)}: {kind}";
    }

    private static string Plant(string path, string directory, Random random)
    {
        switch (random.Next(6))
        {
            case 0:
                Directory.CreateDirectory(path);
                return "a directory";
            case 1:
                File.CreateSymbolicLink(path, Path.Combine(directory, "session"));
                return "a link to the session";
            case 2:
                Directory.CreateSymbolicLink(path, directory);
                return "a link to the log itself";
            case 3:
                Tool.Run("mkfifo", path);
                return "a pipe";
            case 4:
                File.WriteAllBytes(path, new byte[random.Next(10_000)]);
                return "a file of zeros";
            default:
                byte[] noise = new byte[random.Next(10_000)];
                random.NextBytes(noise);
                File.WriteAllBytes(path, noise);
                return "a file of noise";
        }
    }

    private static void Remove(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
        else
        {
            File.Delete(path);
        }
    }
}

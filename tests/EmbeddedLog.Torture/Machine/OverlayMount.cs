namespace EmbeddedLog.Torture.Machine;

/// <summary>
/// A stacked file system, where neither segments nor the control file are mapped for writing. Needs root.
/// </summary>
internal sealed class OverlayMount : IDisposable
{
    private OverlayMount(string path) => Path = path;

    /// <summary>The mount point.</summary>
    public string Path { get; }

    /// <summary>Mounts one in an empty directory; null if this machine cannot.</summary>
    public static OverlayMount? TryMake(string directory)
    {
        string[] parts = ["lower", "upper", "work", "mount"];
        string[] paths = [.. parts.Select(part => System.IO.Path.Combine(directory, part))];
        foreach (string path in paths)
        {
            Directory.CreateDirectory(path);
        }

        string options = $"lowerdir={paths[0]},upperdir={paths[1]},workdir={paths[2]}";
        return Tool.TryRun("mount", "-t", "overlay", "-o", options, "overlay", paths[3]).Code == 0
            ? new OverlayMount(paths[3])
            : null;
    }

    public void Dispose()
    {
        if (Tool.TryRun("umount", Path).Code != 0)
        {
            Tool.Run("umount", "--lazy", Path);
        }
    }
}

namespace EmbeddedLog.Torture.Machine;

/// <summary>A file system in memory of a bounded size. Needs root.</summary>
internal sealed class MemoryMount : IDisposable
{
    public MemoryMount(string path, long bytes)
    {
        Path = path;
        Directory.CreateDirectory(path);
        (int code, _, string error) = Tool.TryRun("mount", "-t", "tmpfs", "-o", $"size={bytes}", "tmpfs", path);
        if (code != 0)
        {
            throw new TortureSkippedException($"This machine does not mount tmpfs: {error.Trim()}");
        }
    }

    /// <summary>The mount point.</summary>
    public string Path { get; }

    public void Dispose()
    {
        if (Tool.TryRun("umount", Path).Code != 0)
        {
            Tool.Run("umount", "--lazy", Path);
        }
    }
}

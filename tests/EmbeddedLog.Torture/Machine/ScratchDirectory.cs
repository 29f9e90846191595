namespace EmbeddedLog.Torture.Machine;

/// <summary>A directory for one case, removed with its contents unless it is kept as evidence.</summary>
internal sealed class ScratchDirectory : IDisposable
{
    private const string Memory = "/dev/shm";

    /// <param name="mode">The mode's name.</param>
    /// <param name="inMemory">Whether to use a file system in memory, if there is one and TMPDIR is not set.</param>
    public ScratchDirectory(string mode, bool inMemory = false)
    {
        string prefix = $"embeddedlog-torture-{mode}-";
        bool isPlaced = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("TMPDIR"));
        Path = inMemory && !isPlaced && Directory.Exists(Memory)
            ? Directory.CreateDirectory($"{Memory}/{prefix}{Environment.ProcessId}-{Guid.NewGuid():N}").FullName
            : Directory.CreateTempSubdirectory(prefix).FullName;
    }

    public string Path { get; }

    /// <summary>Whether the directory is kept after the case.</summary>
    public bool Keep { get; set; }

    /// <summary>The path of an entry in it.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        if (!Keep && Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}

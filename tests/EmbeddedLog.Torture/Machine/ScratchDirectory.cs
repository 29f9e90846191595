namespace EmbeddedLog.Torture.Machine;

/// <summary>A directory for one case, removed with all it holds unless it is kept as evidence.</summary>
internal sealed class ScratchDirectory : IDisposable
{
    private const string Memory = "/dev/shm";

    /// <param name="mode">The mode's name.</param>
    /// <param name="inMemory">
    /// Whether it is to be on a file system in memory, where there is one and TMPDIR does not say where all is to be.
    /// </param>
    public ScratchDirectory(string mode, bool inMemory = false)
    {
        string prefix = $"embeddedlog-torture-{mode}-";
        bool isPlaced = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("TMPDIR"));
        Path = inMemory && !isPlaced && Directory.Exists(Memory)
            ? Directory.CreateDirectory($"{Memory}/{prefix}{Environment.ProcessId}-{Guid.NewGuid():N}").FullName
            : Directory.CreateTempSubdirectory(prefix).FullName;
    }

    public string Path { get; }

    /// <summary>Whether the directory outlives the case.</summary>
    public bool Keep { get; set; }

    /// <summary>The path of something in it.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        if (!Keep && Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}

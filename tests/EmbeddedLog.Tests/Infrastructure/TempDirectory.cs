namespace EmbeddedLog.Tests.Infrastructure;

/// <summary>A directory of its own for one test, removed with all it holds.</summary>
internal sealed class TempDirectory : IDisposable
{
    private const string Memory = "/dev/shm";

    /// <param name="inMemory">
    /// Whether a file system in memory will do, if there is one and TMPDIR is not set: for tests of what is in a log,
    /// that flush thousands of times.
    /// </param>
    public TempDirectory(bool inMemory = false)
    {
        const string Prefix = "embeddedlog-";
        bool isPlaced = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("TMPDIR"));
        Path = inMemory && !isPlaced && Directory.Exists(Memory)
            ? Directory.CreateDirectory($"{Memory}/{Prefix}{Guid.NewGuid():N}").FullName
            : Directory.CreateTempSubdirectory(Prefix).FullName;
    }

    public string Path { get; }

    /// <summary>The path of <paramref name="name"/> in this directory.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <remarks>In the form that Windows takes as it stands, for a name in it may be that of a device.</remarks>
    public void Dispose() =>
        Directory.Delete(OperatingSystem.IsWindows() ? @"\\?\" + Path : Path, recursive: true);
}

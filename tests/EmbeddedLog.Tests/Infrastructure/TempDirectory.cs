namespace EmbeddedLog.Tests.Infrastructure;

/// <summary>A directory of its own for one test, removed with all it holds.</summary>
internal sealed class TempDirectory : IDisposable
{
    public TempDirectory()
    {
        Path = Directory.CreateTempSubdirectory("embeddedlog-").FullName;
    }

    public string Path { get; }

    /// <summary>The path of <paramref name="name"/> in this directory.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <remarks>In the form that Windows takes as it stands, for a name in it may be that of a device.</remarks>
    public void Dispose() =>
        Directory.Delete(OperatingSystem.IsWindows() ? @"\\?\" + Path : Path, recursive: true);
}

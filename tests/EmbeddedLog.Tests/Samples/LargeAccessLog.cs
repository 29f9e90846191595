using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Samples;

/// <summary>A log that takes the sample a while, and what an undisturbed run makes of it.</summary>
public sealed class LargeAccessLog : IAsyncLifetime
{
    /// <summary>Enough lines that a process whose output is no longer read cannot come to their end.</summary>
    public const int Lines = 60_000;

    private readonly TempDirectory _folder = new();

    /// <summary>The file.</summary>
    public string Path => _folder["access.log"];

    /// <summary>The output of a run that nobody disturbed.</summary>
    public string Output { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(Path, GeneratedLog.Lines(1, Lines));
        Output = await SampleProcess.RunAsync("AccessLog", _folder.Path, Path);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return default;
    }
}

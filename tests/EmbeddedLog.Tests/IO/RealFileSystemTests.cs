using EmbeddedLog.Opening;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.IO;

/// <summary>The system's own file system keeps the contract for names, directories and the lock.</summary>
public sealed class RealFileSystemTests : FileSystemContractTests, IDisposable
{
    private readonly TempDirectory _directory;

    public RealFileSystemTests()
        : this(new TempDirectory())
    {
    }

    private RealFileSystemTests(TempDirectory directory)
        : base(RealPlatform.Create(TimeProvider.System).Files, directory.Path)
    {
        _directory = directory;
    }

    private protected override bool IsCaseSensitive => OperatingSystem.IsLinux();

    public void Dispose() => _directory.Dispose();
}

using EmbeddedLog.Opening;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.IO;

/// <summary>The system's own files keep the contract for bytes.</summary>
public sealed class RealLogFileTests : LogFileContractTests, IDisposable
{
    private readonly TempDirectory _directory;

    public RealLogFileTests()
        : this(new TempDirectory())
    {
    }

    private RealLogFileTests(TempDirectory directory)
        : base(RealPlatform.Create(TimeProvider.System).Files, directory.Path)
    {
        _directory = directory;
    }

    public void Dispose() => _directory.Dispose();
}

using EmbeddedLog.Tests.IO;

namespace EmbeddedLog.Tests.Simulation;

/// <summary>The simulated file system keeps the contract for names, directories and the owner lock.</summary>
public sealed class SimulatedFileSystemTests : FileSystemContractTests, IDisposable
{
    public SimulatedFileSystemTests()
        : base(SimulatedRoot.CreateFiles(), SimulatedRoot.Path)
    {
    }

    private protected override int LockOwner => EmbeddedLog.Testing.Simulation.SimulatedFileSystem.ProcessId;

    public void Dispose() => SimulatedRoot.Release(Files);
}

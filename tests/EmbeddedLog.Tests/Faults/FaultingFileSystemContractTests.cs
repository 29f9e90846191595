using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.IO;
using EmbeddedLog.Tests.Simulation;

namespace EmbeddedLog.Tests.Faults;

/// <summary>Without faults the decorator keeps the contract for names, directories and the owner lock.</summary>
public sealed class FaultingFileSystemContractTests : FileSystemContractTests
{
    public FaultingFileSystemContractTests()
        : base(new FaultingFileSystem(SimulatedRoot.CreateFiles()), SimulatedRoot.Path)
    {
    }

    private protected override int LockOwner => SimulatedFileSystem.ProcessId;
}

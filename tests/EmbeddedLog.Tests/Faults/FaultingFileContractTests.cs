using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Tests.IO;
using EmbeddedLog.Tests.Simulation;

namespace EmbeddedLog.Tests.Faults;

/// <summary>Without faults the decorator's files and maps keep the contract.</summary>
public sealed class FaultingFileContractTests : LogFileContractTests
{
    public FaultingFileContractTests()
        : base(new FaultingFileSystem(SimulatedRoot.CreateFiles()), SimulatedRoot.Path)
    {
    }
}

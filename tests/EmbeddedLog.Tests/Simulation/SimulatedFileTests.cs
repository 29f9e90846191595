using EmbeddedLog.Tests.IO;

namespace EmbeddedLog.Tests.Simulation;

/// <summary>Simulated files and maps keep the contract.</summary>
public sealed class SimulatedFileTests : LogFileContractTests, IDisposable
{
    public SimulatedFileTests()
        : base(SimulatedRoot.CreateFiles(), SimulatedRoot.Path)
    {
    }

    public void Dispose() => SimulatedRoot.Release(Files);
}

using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Infrastructure.Processes;

namespace EmbeddedLog.Tests.Producing;

/// <summary>
/// A program whose pool has as few threads as the runtime allows, and blocks all of them. In a process of its own, for
/// it would starve the other tests.
/// </summary>
public sealed class StarvedPoolTests
{
    [Fact]
    public void Produce_AllThreadsOfThePoolBlock_EndsAndAllIsDurable()
    {
        using TempDirectory directory = new();

        Assert.Equal("durable but for 0", ProbeProcess.Run("starved-pool", Path.Combine(directory.Path, "log")));
    }

    [Fact]
    public void OpenAndDispose_AllThreadsOfThePoolAreHeld_ComeToTheirEnds()
    {
        using TempDirectory directory = new();

        Assert.Equal(
            "clean True, durable 4000, committed 4000",
            ProbeProcess.Run("starved-closing", Path.Combine(directory.Path, "log")));
    }

    /// <summary>
    /// Without the runtime's second compiler, which makes a thread when it has something to do and ends the process
    /// where it gets none.
    /// </summary>
    [Fact]
    public void Produce_PoolIsHeldAndNoThreadCanBeMade_Ends()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "It takes the handles away by a limit that is read from /proc.");
        using TempDirectory directory = new();

        string outcome = ProbeProcess.RunIn(
            "DOTNET_TieredCompilation=0", "no-threads", Path.Combine(directory.Path, "log"));

        Assert.Equal("203 records", outcome);
    }
}

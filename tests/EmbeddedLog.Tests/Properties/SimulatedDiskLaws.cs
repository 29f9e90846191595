using EmbeddedLog.Tests.Simulation;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Properties;

/// <summary>What the simulated disk promises and withholds, for any program.</summary>
public sealed class SimulatedDiskLaws
{
    private static readonly Config s_config = Config.QuickThrowOnFailure.WithMaxTest(200).WithEndSize(80);

    // Flushed bytes are as flushed; all others are one of the versions that they had since; a kill loses nothing.
    [Fact]
    public void Crash_AfterAnyProgram_LeavesOnlyWhatTheModelAllows() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), DiskProgram.Any(), (seed, steps) =>
        {
            string? fault = DiskProgram.Run(seed, steps, out _);
            return (fault is null).Label(fault ?? "");
        }).Check(s_config);

    // Synced names survive; each other one is as at some time since; nothing is there twice, nothing that moved is
    // lost.
    [Fact]
    public void Crash_AfterAnyNames_LeavesOnlyWhatTheModelAllows() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), NamesProgram.Any(), (seed, steps) =>
        {
            string? fault = NamesProgram.Run(seed, steps);
            return (fault is null).Label(fault ?? "");
        }).Check(s_config);

    [Fact]
    public void Program_SameSeed_LeavesTheSameDisk() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), DiskProgram.Any(), (seed, steps) =>
        {
            DiskProgram.Run(seed, steps, out uint once);
            DiskProgram.Run(seed, steps, out uint again);
            return once == again;
        }).Check(s_config);
}

using EmbeddedLog.Testing.Model;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Properties;

/// <summary>
/// What holds for any interleaving of appending, rolling, flushing, trimming, closing and crashing: after every opening
/// the log is a prefix of what was appended, with everything that was acknowledged at the level that survives; nothing
/// is invented, changed, reordered or doubled, there is no gap, and no store goes where the disk has no block.
/// </summary>
public sealed class RecoveryLaws
{
    private const int Programs = 400;

    [Fact]
    public void WhatWasAcknowledgedSurvivesAndNothingElseAppears()
    {
        ModelStatistics statistics = new();
        Prop.ForAll(Generated().ToArbitrary(), program => Check(program, statistics))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Programs));

        // A law that was never put to the test would hold as well.
        Assert.True(statistics.Kills > Programs / 2, $"{statistics}");
        Assert.True(statistics.PowerLosses > Programs / 2, $"{statistics}");
        Assert.True(statistics.Remounts > Programs / 4, $"{statistics}");
        Assert.True(statistics.CrashedRecoveries > Programs / 4, $"{statistics}");
        Assert.True(statistics.RecordsCopied > Programs, $"{statistics}");
        Assert.True(statistics.RecordsLost > Programs, $"{statistics}");
        Assert.True(statistics.TornTails > Programs / 50, $"{statistics}");
        Assert.True(statistics.SegmentsRemoved > Programs / 20, $"{statistics}");
        Assert.True(statistics.PartitionsAdded > Programs / 4, $"{statistics}");
        Assert.True(statistics.AdditionsKept + statistics.AdditionsLost > 0, $"{statistics}");
        Assert.True(statistics.PoisonedPartitions > 0, $"{statistics}");
        Assert.True(statistics.RefusedForSpace > Programs / 20, $"{statistics}");
    }

    /// <summary>Some seeds, the same in every run.</summary>
    [Fact]
    public void FixedSeedsKeepWhatWasAcknowledged()
    {
        ModelStatistics statistics = new();
        foreach (int seed in Enumerable.Range(1, 100).Concat([996, 1316, 2141]))
        {
            ModelRunner.Check(seed, statistics);
        }

        Assert.Equal(103, statistics.Programs);
    }

    [Fact]
    public void TheSameProgramPlaysTheSameHistory()
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            ModelProgram program = ModelProgram.Generate(seed);
            ModelStatistics one = new();
            ModelStatistics other = new();
            ModelRunner.TryFindViolation(program, one);
            ModelRunner.TryFindViolation(program, other);
            Assert.Equal(one.ToString(), other.ToString());
        }
    }

    private static Gen<ModelProgram> Generated() =>
        Gen.Choose(1, int.MaxValue - 1).Select(ModelProgram.Generate);

    private static bool Check(ModelProgram program, ModelStatistics statistics)
    {
        if (ModelRunner.TryFindViolation(program, statistics) is not null)
        {
            ModelRunner.Check(program.Seed, statistics);
        }

        return true;
    }
}

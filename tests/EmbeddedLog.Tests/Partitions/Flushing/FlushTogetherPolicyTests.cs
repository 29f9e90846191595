using EmbeddedLog.Partitions.Flushing;

namespace EmbeddedLog.Tests.Partitions.Flushing;

/// <summary>When partitions are flushed together, as numbers.</summary>
public sealed class FlushTogetherPolicyTests
{
    private const int MinTogether = 4;
    private const long Now = 1_000_000;

    [Theory]
    [InlineData(3, 100, long.MinValue, false)]
    [InlineData(4, 100, long.MinValue, true)]
    [InlineData(4096, 100, long.MinValue, true)]
    [InlineData(4096, 0, long.MinValue, false)]
    [InlineData(4, 100, Now - 1, true)]
    [InlineData(4, 100, Now, true)]
    [InlineData(4, 100, Now + 1, false)]
    public void IsTogether_SoManyWaiting_NeedsEnoughOfThemAMeasurementAndNoPause(
        int waiting, double ticksAlone, long pausedUntil, bool expected)
    {
        FlushTogetherPolicy policy = new(MinTogether) { TicksAlone = ticksAlone, PausedUntil = pausedUntil };

        Assert.Equal(expected, policy.IsTogether(waiting, Now));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1 << 20, true)]
    [InlineData((1 << 20) + 1, false)]
    public void MayJoin_SoManyBytes_IsForSmallFlushes(long bytes, bool expected) =>
        Assert.Equal(expected, FlushTogetherPolicy.MayJoin(bytes));

    /// <summary>The first measurement counts whole, each later one a tenth.</summary>
    [Theory]
    [InlineData(0, 1, 500, 500)]
    [InlineData(0, 1, 0, 1)]
    [InlineData(500, 1, 500, 500)]
    [InlineData(500, 1, 1500, 600)]
    [InlineData(500, 1 << 20, 0, 450.1)]
    [InlineData(500, 0, 1500, 500)]
    [InlineData(500, (1 << 20) + 1, 1500, 500)]
    public void AfterAlone_SoManyTicks_MovesTheMeasurement(double before, long bytes, long ticks, double expected)
    {
        FlushTogetherPolicy policy =
            new FlushTogetherPolicy(MinTogether) { TicksAlone = before }.AfterAlone(bytes, ticks);

        Assert.Equal(expected, policy.TicksAlone, precision: 6);
    }

    /// <summary>
    /// A call for ten may take as long as twenty flushes. What it takes beyond that is lost, and no call is made for
    /// as many times as long as the factor says.
    /// </summary>
    [Theory]
    [InlineData(1, 1_999, long.MinValue, 1)]
    [InlineData(64, 2_000, long.MinValue, 1)]
    [InlineData(1, 2_001, Now + 1, 4)]
    [InlineData(1, 3_000, Now + 1_000, 4)]
    [InlineData(4, 3_000, Now + 4_000, 16)]
    [InlineData(16, 3_000, Now + 16_000, 64)]
    [InlineData(64, 3_000, Now + 64_000, 64)]
    public void AfterTogether_ACallForTen_PausesForWhatWasLost(
        int factor, long ticks, long expectedPause, int expectedFactor)
    {
        FlushTogetherPolicy before = new(MinTogether) { TicksAlone = 100, PauseFactor = factor };

        FlushTogetherPolicy after = before.AfterTogether(10, ticks, Now);

        Assert.Equal(before with { PausedUntil = expectedPause, PauseFactor = expectedFactor }, after);
    }

    /// <summary>All that were to join were too large: the call was for nobody, and its time is lost.</summary>
    [Fact]
    public void AfterTogether_NoneJoined_PausesForAllOfIt() =>
        Assert.Equal(
            Now + 50,
            new FlushTogetherPolicy(MinTogether) { TicksAlone = 100 }.AfterTogether(0, 50, Now).PausedUntil);

    [Fact]
    public void Policy_NothingMeasured_FlushesNothingTogether() =>
        Assert.False(new FlushTogetherPolicy(MinTogether).IsTogether(int.MaxValue, long.MaxValue));
}

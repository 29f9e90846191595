using EmbeddedLog.Consuming.Positions;
using EmbeddedLog.Consuming.Reading;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using Microsoft.Extensions.Logging.Abstractions;

namespace EmbeddedLog.Tests.Consuming;

/// <summary>What it costs to choose the partition that is read next.</summary>
public sealed class FetchScheduleTests
{
    private const int Partitions = 300;

    [Theory]
    [InlineData(null)]
    [InlineData(5L)]
    public void TryChoose_AllPositionsAreOpenOrLost_LooksAtEachAFewTimes(long? committed)
    {
        using SimulatedPlatform machine = new(seed: 1);
        CommitLog log = machine.Run(OpenLog.OnAsync(machine));
        Topic topic = machine.Run(log.CreateTopicAsync("topic", new TopicOptions { Partitions = Partitions }));
        PositionSet positions = new(
            [.. topic.Partitions.Select(each => new PartitionCursor(each.Source, StartPolicy.Earliest, committed))],
            StartPolicy.Earliest,
            NullLogger.Instance);
        FetchSchedule schedule = new(positions, machine.Time);

        Assert.False(schedule.TryChoose(ends: null, out _, out _));
        Assert.InRange(positions.Looks, Partitions, 5 * Partitions);
        foreach (PartitionCursor cursor in positions.Cursors)
        {
            Assert.Equal(0, cursor.Position);
        }

        topic[0].Append(new RawRecord("value"u8));
        Assert.True(schedule.TryChoose(ends: null, out FetchPlan plan, out _));
        Assert.Equal(0, plan.Cursor.Log.Id.Partition);
        machine.Run(log.DisposeAsync());
    }
}

using EmbeddedLog.Consuming.Positions;
using EmbeddedLog.Consuming.Reading;
using EmbeddedLog.Coordination.Groups;
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
        PositionSet positions = new(StartPolicy.Earliest, Durability.Written, NullLogger.Instance);
        positions.AssignUnsynchronized(new AssignedPartitions(
            [.. topic.Partitions.Select(each => CreateCursor(each, committed))]));
        FetchSchedule schedule = new(positions, machine.Time);

        Assert.False(schedule.TryChoose(ends: null, batch: null, out _, out _));
        Assert.InRange(positions.Looks, Partitions, 5 * Partitions);
        foreach (PartitionCursor cursor in positions.Cursors)
        {
            Assert.Equal(0, cursor.Position);
        }

        topic[0].Append(new RawRecord("value"u8));
        Assert.True(schedule.TryChoose(ends: null, batch: null, out FetchPlan plan, out _));
        Assert.Equal(0, plan.Cursor.Log.Id.Partition);
        machine.Run(log.DisposeAsync());
    }

    /// <summary>
    /// A record whose offset lies behind the end, in a file that somebody has forged, keeps nobody busy.
    /// </summary>
    [Fact]
    public void TryChoose_ARecordBehindTheEndWasHandedOut_BeginsWhereThePolicySays()
    {
        using SimulatedPlatform machine = new(seed: 1);
        CommitLog log = machine.Run(OpenLog.OnAsync(machine));
        Topic topic = machine.Run(log.CreateTopicAsync("topic"));
        topic[0].Append(new RawRecord("value"u8));
        PartitionCursor cursor = CreateCursor(topic[0], committed: 0);
        PositionSet positions = new(StartPolicy.Earliest, Durability.Written, NullLogger.Instance);
        positions.AssignUnsynchronized(new AssignedPartitions([cursor]));
        cursor.HandOut(1_000);
        cursor.Finish();

        FetchSchedule schedule = new(positions, machine.Time);
        Assert.True(schedule.TryChoose(ends: null, batch: null, out FetchPlan plan, out _));
        Assert.Equal((0, 1), (plan.From, plan.Limit));
        machine.Run(log.DisposeAsync());
    }

    /// <summary>No topic waits for all partitions of another: each is spread evenly over a round.</summary>
    [Theory]
    [InlineData("0 1 2 3", 4)]
    [InlineData("0 2 1 3", 2, 2)]
    [InlineData("0 4 1 2 5 3", 4, 2)]
    [InlineData("0 3 4 1 5 2", 3, 1, 2)]
    public void TurnOrder_OfTopics_SpreadsEachOverARound(string expected, params int[] partitions)
    {
        using SimulatedPlatform machine = new(seed: 1);
        CommitLog log = machine.Run(OpenLog.OnAsync(machine));
        List<PartitionCursor> cursors = [];
        for (int i = 0; i < partitions.Length; i++)
        {
            Topic topic = machine.Run(
                log.CreateTopicAsync($"topic-{i}", new TopicOptions { Partitions = partitions[i] }));
            cursors.AddRange(topic.Partitions.Select(each => CreateCursor(each, committed: null)));
        }

        TurnOrder order = new([.. cursors]);

        int[] slots = [.. Enumerable.Range(0, cursors.Count).Select(turn => order.SlotAt(turn, after: 0))];
        Assert.Equal(expected, string.Join(' ', slots));
        for (int turn = 0; turn < slots.Length; turn++)
        {
            Assert.Equal(slots[(turn + 1) % slots.Length], order.SlotAt(order.TurnAfter(slots[turn]), after: 0));
        }

        machine.Run(log.DisposeAsync());
    }

    private static PartitionCursor CreateCursor(OwnedPartition partition, long? committed)
    {
        GroupMember member = new(
            1, "test", partition.Source.Id.Topic, TimeSpan.FromMinutes(5), () => { }, new(null!));
        return new PartitionCursor(
            new PartitionHold(member, partition.Source, epoch: 1), StartPolicy.Earliest, committed, truncations: 0);
    }
}

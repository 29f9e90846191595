using EmbeddedLog.Following;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Tests.Following;

/// <summary>What a follower tells of a partition, whatever its files and its next owner say.</summary>
public sealed class FollowedStateTests
{
    [Fact]
    public void Durable_ToldLowerByANewOwnerOrAnOlderCheckpoint_StaysWhereItWas()
    {
        FollowedState state = new();
        state.Extend(10);
        state.ExtendDurable(8);

        state.ExtendDurable(-1);
        Assert.Equal(8, state.Durable);

        state.Apply(SegmentList.Empty, 0, new FollowedEnd(10, 3, null), long.MaxValue);
        Assert.Equal((8, 10, 0), (state.Durable, state.End, state.Truncations));
    }

    [Fact]
    public void Durable_ToldBeyondTheEnd_IsTheEnd()
    {
        FollowedState state = new();
        state.ExtendDurable(12);
        state.Extend(10);
        Assert.Equal(10, state.Durable);

        state.Extend(15);
        Assert.Equal(12, state.Durable);
    }

    /// <summary>Records that were taken back are not durable, and others come at their offsets.</summary>
    [Fact]
    public void Durable_RecordsAreTakenBack_GoesBackWithThem()
    {
        FollowedState state = new();
        state.Extend(10);
        state.ExtendDurable(10);

        state.Apply(SegmentList.Empty, 0, new FollowedEnd(7, 4, null), takenBackTo: 5);

        Assert.Equal((5, 7, 1), (state.Durable, state.End, state.Truncations));
    }
}

using EmbeddedLog.Coordination.Groups;
using EmbeddedLog.Partitions;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Coordination.Groups;

/// <summary>One member for each group and partition.</summary>
public sealed class GroupRegistryTests : IDisposable
{
    private readonly SimulatedPlatform _machine = new(seed: 1);
    private readonly GroupRegistry _registry = new();
    private readonly TopicFixture _topics;

    public GroupRegistryTests() => _topics = TopicFixture.On(_machine, partitions: 8, topics: 2);

    [Fact]
    public void Join_GroupHasAMember_SaysWhoHasWhatAndWhatToDo()
    {
        using GroupMembership member = _registry.Join("group", Of(0, 2, 4, 6), "orders");
        using GroupMembership other = _registry.Join("group", Of(3), "topic-1-1");

        InvalidOperationException refused =
            Assert.Throws<InvalidOperationException>(() => _registry.Join("group", Of(1, 2, 3, 4), "both"));
        Assert.Equal(
            "Group 'group' reads already: partitions 1 and 2 of topic 'topic-0' by its consumer of orders and "
            + "partition 1 of topic 'topic-1' by its consumer of topic-1-1. A partition can have one consumer of a "
            + "group at a time. Dispose that one first: it leaves the group only then. Or read other partitions, see "
            + "Subscription.Partitions. To read all records once more beside it, use another group.",
            refused.Message);
        _registry.Join("other", Of(0), "orders").Dispose();
    }

    [Fact]
    public void Join_PartOfItIsTaken_TakesNothing()
    {
        GroupMembership member = _registry.Join("group", Of(2), "topic");
        Assert.Throws<InvalidOperationException>(() => _registry.Join("group", Of(0, 2), "topic"));
        _registry.Join("group", Of(0), "topic").Dispose();
        member.Dispose();

        _registry.Join("group", Of(0, 2), "topic").Dispose();
    }

    [Fact]
    public void Leave_Twice_DoesNotTakeThePlaceOfTheNext()
    {
        GroupMembership first = _registry.Join("group", Of(0), "topic");
        first.Dispose();
        using GroupMembership second = _registry.Join("group", Of(0), "topic");
        first.Dispose();

        Assert.Throws<InvalidOperationException>(() => _registry.Join("group", Of(0), "topic"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("__internal")]
    public void Join_NameCannotBeAGroups_IsRefused(string group) =>
        Assert.Throws<ArgumentException>(() => _registry.Join(group, Of(0), "topic"));

    public void Dispose()
    {
        _machine.Run(_topics.CloseAsync);
        _machine.Dispose();
    }

    private PartitionLog[] Of(params int[] places) => Array.ConvertAll(places, place => _topics.Logs[place]);
}

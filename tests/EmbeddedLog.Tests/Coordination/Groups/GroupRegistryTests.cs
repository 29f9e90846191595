using EmbeddedLog.Coordination.Groups;

namespace EmbeddedLog.Tests.Coordination.Groups;

/// <summary>One member for each group and topic.</summary>
public sealed class GroupRegistryTests
{
    private readonly GroupRegistry _registry = new();

    [Fact]
    public void Join_GroupHasAMember_SaysWhatToDo()
    {
        using GroupMembership member = _registry.Join("group", "topic", 1);

        InvalidOperationException refused =
            Assert.Throws<InvalidOperationException>(() => _registry.Join("group", "topic", 1));
        Assert.Equal(
            "Group 'group' has a consumer of topic 'topic' already, and can have one at a time. Dispose that one "
            + "first: it leaves the group only then. To read all records once more beside it, use another group.",
            refused.Message);
        _registry.Join("group", "topic", 2).Dispose();
        _registry.Join("other", "topic", 1).Dispose();
    }

    [Fact]
    public void Leave_Twice_DoesNotTakeThePlaceOfTheNext()
    {
        GroupMembership first = _registry.Join("group", "topic", 1);
        first.Dispose();
        using GroupMembership second = _registry.Join("group", "topic", 1);
        first.Dispose();

        Assert.Throws<InvalidOperationException>(() => _registry.Join("group", "topic", 1));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("__internal")]
    public void Join_NameCannotBeAGroups_IsRefused(string group) =>
        Assert.Throws<ArgumentException>(() => _registry.Join(group, "topic", 1));
}

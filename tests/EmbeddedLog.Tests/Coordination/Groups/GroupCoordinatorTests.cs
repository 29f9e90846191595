using EmbeddedLog.Coordination.Groups;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Coordination.Groups;

/// <summary>Who has which partition while members come and go.</summary>
public sealed class GroupCoordinatorTests : IDisposable
{
    private const int Partitions = 8;

    private readonly SimulatedPlatform _machine = new(seed: 1);
    private readonly TopicFixture _topics;

    public GroupCoordinatorTests() => _topics = TopicFixture.On(_machine, Partitions);

    [Fact]
    public void Join_SecondMember_GetsWhatTheFirstLetsGoOfAndNothingBefore()
    {
        using Member first = new(this);
        Assert.Equal(Partitions, first.Look().Count);

        using Member second = new(this);
        Assert.Empty(second.Look());
        Assert.True(first.IsPending);

        Assert.Equal(Partitions / 2, first.Look().Count);
        Assert.True(second.IsPending);
        Assert.Equal(Partitions / 2, second.Look().Count);
        Assert.Empty(first.Held.Intersect(second.Held));
    }

    [Fact]
    public void Join_MemberWhosePartitionsStay_IsNotAskedForAnything()
    {
        using Member first = new(this);
        using Member second = new(this);
        Settle(first, second);
        using Member third = new(this, Subscription.Partitions(new TopicPartition(TopicFixture.Topic, 0)));
        Member holder = first.Held.Contains(0) ? first : second;
        Member other = holder == first ? second : first;

        Assert.True(holder.IsPending);
        Assert.False(other.IsPending);
    }

    [Fact]
    public void Leave_OfAMember_GivesTheOthersWhatItHad()
    {
        using Member first = new(this);
        Member second = new(this);
        Settle(first, second);

        second.Dispose();

        Assert.Equal(Partitions, first.Look().Count);
    }

    [Fact]
    public void Release_OfAHold_EndsItForCommits()
    {
        using Member first = new(this);
        first.Look();
        IReadOnlyList<PartitionHold> held = [.. first.Holds];
        using Member second = new(this);
        second.Look();

        first.Look();

        Assert.Equal(Partitions / 2, held.Count(hold => hold.IsOver));
        second.Look();
        Assert.All(second.Holds, hold => Assert.Equal(2, hold.Epoch));
    }

    [Fact]
    public void Create_ByHandWhatAnotherHasChosenByHand_SaysWhoHasWhatAndWhatToDo()
    {
        TopicPartition[] all = [.. _topics.Logs.Select(log => log.Id)];
        using Member member = new(this, Subscription.Partitions(all[0], all[2]), "one");

        InvalidOperationException refused = Assert.Throws<InvalidOperationException>(
            () => new Member(this, Subscription.Partitions(all[1], all[2])));
        Assert.Equal(
            "Group 'group' has consumers that chose by hand: partition 2 of topic 'topic' by 'one' (member 1). A "
            + "partition can have one consumer of a group at a time. Dispose that one first, choose other partitions, "
            + "or use another group to read all records once more. To share the partitions, subscribe to the topic "
            + "and not to partitions.",
            refused.Message);
        using Member free = new(this, Subscription.Partitions(all[1]));
        Assert.Equal([1], free.Look());
    }

    [Fact]
    public void Create_ByHandWhatIsShared_TakesItOutOfTheSharing()
    {
        using Member sharing = new(this);
        sharing.Look();
        using Member byHand = new(this, Subscription.Partitions(new TopicPartition(TopicFixture.Topic, 3)));

        Assert.Empty(byHand.Look());
        Assert.DoesNotContain(3, sharing.Look());
        Assert.Equal([3], byHand.Look());
        byHand.Dispose();
        Assert.Equal(Partitions, sharing.Look().Count);
    }

    [Fact]
    public void Create_WithAnotherAssignor_IsRefusedUntilTheOthersHaveLeft()
    {
        Member uniform = new(this);

        InvalidOperationException refused = Assert.Throws<InvalidOperationException>(
            () => new Member(this, assignor: GroupAssignor.Range));
        Assert.Equal(
            "Group 'group' shares its partitions by GroupAssignor.Uniform, and this consumer asks for "
            + "GroupAssignor.Range. All consumers of a group must ask for the same: set Assignor of this one to "
            + "Uniform, or dispose the others first.",
            refused.Message);
        uniform.Dispose();
        using Member range = new(this, assignor: GroupAssignor.Range);
        Assert.Equal(Partitions, range.Look().Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("__internal")]
    public void Create_NameCannotBeAGroups_IsRefused(string group) =>
        Assert.Throws<ArgumentException>(() => new Member(this, group: group));

    [Fact]
    public void Leave_Twice_CountsOnce()
    {
        Member first = new(this);
        using Member second = new(this);
        Settle(first, second);
        first.Dispose();
        first.Dispose();

        Assert.Equal(["group"], _topics.Groups.Names);
        Assert.Equal(Partitions, second.Look().Count);
    }

    [Fact]
    public void Describe_OfAGroup_TellsWhoHasWhatAndWhetherItMoves()
    {
        using Member first = new(this, name: "one");
        first.Look();
        Assert.False(_topics.Groups.Describe("group")!.IsMoving);
        using Member second = new(this, name: "two");
        second.Look();

        GroupView moving = _topics.Groups.Describe("group")!;
        Assert.True(moving.IsMoving);
        Assert.Equal(["one", "two"], moving.Members.Select(member => member.ClientName));
        Settle(first, second);

        GroupView settled = _topics.Groups.Describe("group")!;
        Assert.False(settled.IsMoving);
        Assert.Equal([4, 4], settled.Members.Select(member => member.Assignment.Count));
        Assert.Null(_topics.Groups.Describe("other"));
    }

    public void Dispose()
    {
        _machine.Run(_topics.CloseAsync);
        _machine.Dispose();
    }

    private static void Settle(params Member[] members)
    {
        while (members.Any(member => member.IsPending))
        {
            foreach (Member member in members)
            {
                member.Look();
            }
        }
    }

    /// <summary>A member whose reader looks when the test says so.</summary>
    private sealed class Member : IDisposable
    {
        private readonly GroupMembership _membership;

        public Member(
            GroupCoordinatorTests tests,
            Subscription? subscription = null,
            string? name = null,
            GroupAssignor assignor = GroupAssignor.Uniform,
            string group = "group") =>
            _membership = tests._topics.Groups.Create(
                group,
                subscription ?? TopicFixture.Topic,
                new MemberSettings(name, assignor, TimeSpan.FromMinutes(5)),
                () => { },
                new WeakReference<IMemberActivity>(null!));

        public HashSet<PartitionHold> Holds { get; } = [];

        public IEnumerable<int> Held => Holds.Select(hold => hold.Partition.Id.Partition).Order();

        public bool IsPending => _membership.IsPending;

        /// <summary>Does what a reader does between two records; returns what it has then.</summary>
        public List<int> Look()
        {
            _membership.BeginLook();
            _membership.Join();
            Holds.ExceptWith(_membership.TakeLost());
            IReadOnlyList<PartitionHold> revoked = _membership.FindRevoked();
            Holds.ExceptWith(revoked);
            _membership.Release(revoked);
            Holds.UnionWith(_membership.Acquire());
            return [.. Held];
        }

        public void Dispose() => _membership.Dispose();
    }
}

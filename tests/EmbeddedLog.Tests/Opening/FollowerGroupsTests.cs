using EmbeddedLog.Tests.Following;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Opening;

/// <summary>What a log that is only read shows of groups, its owner's and its own, and what it changes.</summary>
public sealed class FollowerGroupsTests : IDisposable
{
    private static readonly TopicPartition s_partition = new(FollowFixture.Topic, 0);

    private readonly FollowFixture _fixture = new();
    private readonly FollowerProcess _follower;

    public FollowerGroupsTests()
    {
        CommitLog owner = _fixture.Open();
        _fixture.Append(10);
        Commit(owner, "billing", 3);
        Commit(owner, "mail", 4);
        _follower = _fixture.StartFollower(new ReadOnlyLogOptions { OffsetsDirectory = "/offsets" });
    }

    private ReadOnlyLog Log => _follower.Log;

    public void Dispose()
    {
        _follower.Close();
        _fixture.Dispose();
    }

    [Fact]
    public void Groups_OfTheOwnerAndOwnOnes_AreShownAndAnOwnOneComesFirst()
    {
        Commit("billing", 7);
        Commit("audit", 8);

        Assert.Equal(["audit", "billing", "mail"], _follower.Run(() => Log.ListGroupsAsync().AsTask()));
        Assert.Equal((true, 7), Describe("billing"));
        Assert.Equal((true, 8), Describe("audit"));
        Assert.Equal((false, 4), Describe("mail"));
        using ReadOnlyLog without = _fixture.Follow();
        GroupDescription owners = _fixture.Machine.Run(without.DescribeGroupAsync("billing"));
        Assert.Equal((false, 3), (owners.IsOwn, owners.Partitions[0].Committed!.Value.Next.Offset));
        Assert.True(_fixture.Finish(_fixture.Owner!.DescribeGroupAsync("mail").AsTask()).IsOwn);
        Assert.Throws<UnknownGroupException>(() => Describe("other"));
    }

    [Fact]
    public void DescribeGroupAsync_OfAnOwnGroup_TellsItsMembers()
    {
        Consumer<byte[]?, byte[]> consumer = Log.CreateConsumer<byte[]?, byte[]>(
            FollowFixture.Topic, "audit", new ConsumerOptions { ClientName = "one" });
        _follower.Run(() => consumer.TakeAsync(1));

        GroupDescription group = _follower.Run(() => Log.DescribeGroupAsync("audit").AsTask());
        Assert.Equal((GroupState.Stable, "one", 10L), (group.State, group.Members[0].ClientName, group.Lag));
        Assert.Throws<GroupActiveException>(() => Reset("audit", GroupReset.Latest, FollowFixture.Topic));
        Assert.Throws<GroupActiveException>(() => Delete("audit"));
    }

    [Fact]
    public void ResetGroupAsync_OfAnOwnGroup_MovesItAndTheDryRunDoesNot()
    {
        Commit("billing", 7);

        Assert.Equal(
            new PartitionReset(s_partition, 7, 2),
            Assert.Single(Reset("billing", GroupReset.ToOffset(2), dryRun: true).Partitions));
        Assert.Equal((true, 7), Describe("billing"));
        Reset("billing", GroupReset.ToOffset(2));
        Assert.Equal((true, 2), Describe("billing"));
        Reset("new", GroupReset.Latest, FollowFixture.Topic);
        Assert.Equal((true, 10), Describe("new"));
        Assert.Throws<UnknownTopicException>(() => Reset("new", GroupReset.Latest, "other"));
        Assert.Equal(3, CommittedByOwner("billing"));
    }

    [Fact]
    public void DeleteGroupAsync_OfAnOwnGroup_DeletesIt()
    {
        Commit("billing", 7);
        Commit("audit", 8);
        Delete("billing");
        Delete("audit");

        Assert.Equal((false, 3), Describe("billing"));
        Assert.Throws<UnknownGroupException>(() => Describe("audit"));
        Assert.Throws<UnknownGroupException>(() => Delete("audit"));
    }

    [Fact]
    public void Changes_OfAGroupOfTheOwner_AreRefused()
    {
        Assert.Contains(
            "Change it in the process that owns the log.",
            Assert.Throws<UnknownGroupException>(() => Delete("mail")).Message,
            StringComparison.Ordinal);
        Assert.Throws<UnknownGroupException>(() => Reset("mail", GroupReset.Latest));
        Assert.Equal(4, CommittedByOwner("mail"));
    }

    [Fact]
    public void Changes_WithoutADirectory_AreRefusedAndNameTheOption()
    {
        using ReadOnlyLog without = _fixture.Follow();

        Assert.Contains(
            "set ReadOnlyLogOptions.OffsetsDirectory",
            Assert.Throws<InvalidOperationException>(
                () => _fixture.Machine.Run(without.DeleteGroupAsync("billing"))).Message,
            StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(
            () => _fixture.Machine.Run(without.ResetGroupAsync("billing", GroupReset.Latest)));
    }

    private void Commit(CommitLog owner, string group, long offset) => _fixture.Finish(owner.ResetGroupAsync(
        group, GroupReset.ToOffset(offset), [FollowFixture.Topic]).AsTask());

    private void Commit(string group, long offset) => Reset(group, GroupReset.ToOffset(offset), FollowFixture.Topic);

    private GroupResetReport Reset(string group, GroupReset to, string? topic = null, bool dryRun = false) =>
        _follower.Run(() => Log.ResetGroupAsync(group, to, topic is null ? null : [topic], dryRun).AsTask());

    private void Delete(string group) => _follower.Run(() => Log.DeleteGroupAsync(group).AsTask());

    private (bool IsOwn, long Committed) Describe(string group)
    {
        GroupDescription found = _follower.Run(() => Log.DescribeGroupAsync(group).AsTask());
        return (found.IsOwn, found.Partitions[0].Committed!.Value.Next.Offset);
    }

    private long? CommittedByOwner(string group) =>
        _fixture.Owner!.Offsets.Stored(group, _fixture.Partition.Log)?.Offset;
}

using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Coordination.Administration;

/// <summary>Listing, describing, moving and deleting groups.</summary>
public sealed class GroupAdministrationTests : IDisposable
{
    private readonly SimulatedPlatform _machine = new(seed: 1);
    private readonly CommitLog _log;
    private readonly Topic _topic;

    public GroupAdministrationTests()
    {
        _log = _machine.Run(OpenLog.OnAsync(_machine));
        _topic = _machine.Run(_log.CreateTopicAsync("orders", new TopicOptions { Partitions = 2 }));
        for (int i = 0; i < 10; i++)
        {
            _topic[0].Append(new RawRecord("value"u8));
            _machine.Time.Advance(TimeSpan.FromMinutes(1));
        }
    }

    [Fact]
    public void DescribeGroupAsync_OfAnActiveGroup_TellsMembersCommitsAndLag() => _machine.Run(async () =>
    {
        await using Consumer<string, string> consumer = _log.CreateConsumer<string, string>(
            "orders", "billing", new ConsumerOptions { ClientName = "one" });
        await consumer.TakeAsync(4);
        await consumer.CommitAsync(new NextOffset(_topic[0].TopicPartition, 3), "note");

        GroupDescription group = await _log.DescribeGroupAsync("billing");

        Assert.Equal(["billing"], await _log.ListGroupsAsync());
        Assert.Equal((GroupState.Stable, GroupAssignor.Uniform, 7L), (group.State, group.Assignor, group.Lag));
        Assert.Equal("one", Assert.Single(group.Members).ClientName);
        GroupPartitionDescription first = group.Partitions[0];
        Assert.Equal(
            ("orders-0", 3L, "note", 10L, 7L, TimeSpan.FromMinutes(7)),
            (first.Partition.ToString(), first.Committed!.Value.Next.Offset, first.Committed.Value.Metadata,
                first.EndOffset, first.Lag, first.LagTime));
        Assert.Equal("one", first.Member!.ClientName);
        Assert.Equal((null, 0L, TimeSpan.Zero), (group.Partitions[1].Committed, group.Partitions[1].Lag,
            group.Partitions[1].LagTime!.Value));
    });

    [Fact]
    public void DescribeGroupAsync_ThatIsUnknown_SuggestsTheNearest() => _machine.Run(async () =>
    {
        await CommitAsync("billing", 2);

        UnknownGroupException unknown = await Assert.ThrowsAsync<UnknownGroupException>(
            async () => await _log.DescribeGroupAsync("biling"));
        Assert.Equal(
            "There is no group 'biling': it has no members and has committed nothing. Did you mean 'billing'? The log "
            + "has 'billing'.",
            unknown.Message);
        GroupDescription empty = await _log.DescribeGroupAsync("billing");
        Assert.Equal((GroupState.Empty, null, 0), (empty.State, empty.Assignor, empty.Epoch));
    });

    [Fact]
    public void DescribeGroupAsync_OfALogThatIsOnlyRead_TellsWhatItsOwnerCommits() => _machine.Run(async () =>
    {
        await CommitAsync("billing", 4);
        await using ReadOnlyLog reader = ReadOnlyLog.Open(
            OpenLog.Directory, new ReadOnlyLogOptions(), _machine.Platform);
        Assert.Equal(["billing"], await reader.ListGroupsAsync());
        Assert.Equal(6, (await reader.DescribeGroupAsync("billing")).Lag);
        await CommitAsync("billing", 5);

        GroupDescription group = await reader.DescribeGroupAsync("billing");
        Assert.Equal((GroupState.Empty, 5L), (group.State, group.Lag));
        await Assert.ThrowsAsync<UnknownGroupException>(async () => await reader.DescribeGroupAsync("other"));
    });

    [Theory]
    [InlineData("earliest", 0)]
    [InlineData("latest", 10)]
    [InlineData("offset", 7)]
    [InlineData("beyond", 10)]
    [InlineData("time", 2)]
    [InlineData("ago", 8)]
    [InlineData("forward", 6)]
    [InlineData("back", 0)]
    [InlineData("other", 9)]
    public void ResetGroupAsync_Anywhere_CommitsThatAndTheDryRunDoesNot(string where, long expected) =>
        _machine.Run(async () =>
        {
            await CommitAsync("billing", 4);
            await CommitAsync("other", 9);
            DateTimeOffset now = _machine.Time.GetUtcNow();
            GroupReset to = where switch
            {
                "earliest" => GroupReset.Earliest,
                "latest" => GroupReset.Latest,
                "offset" => GroupReset.ToOffset(7),
                "beyond" => GroupReset.ToOffset(70),
                "time" => GroupReset.ToTime(now - TimeSpan.FromMinutes(8)),
                "ago" => GroupReset.By(TimeSpan.FromMinutes(2)),
                "forward" => GroupReset.ShiftBy(2),
                "back" => GroupReset.ShiftBy(-20),
                _ => GroupReset.LikeGroup("other"),
            };

            GroupResetReport dry = await _log.ResetGroupAsync("billing", to, dryRun: true);
            Assert.Equal(4, Committed("billing"));
            GroupResetReport report = await _log.ResetGroupAsync("billing", to);

            Assert.Equal(new PartitionReset(_topic[0].TopicPartition, 4, expected), Assert.Single(report.Partitions));
            Assert.Equal(dry.Partitions, report.Partitions);
            Assert.Equal((true, false), (dry.WasDryRun, report.WasDryRun));
            Assert.Equal(expected, Committed("billing"));
        });

    [Fact]
    public void ResetGroupAsync_OfANewGroupInTopics_CommitsInAllTheirPartitions() => _machine.Run(async () =>
    {
        GroupResetReport report = await _log.ResetGroupAsync("new", GroupReset.Latest, ["orders"]);

        Assert.Equal([10, 0], report.Partitions.Select(each => each.After));
        Assert.Equal(10, Committed("new"));
        await Assert.ThrowsAsync<UnknownTopicException>(
            async () => await _log.ResetGroupAsync("new", GroupReset.Latest, ["order"]));
        await Assert.ThrowsAsync<UnknownGroupException>(
            async () => await _log.ResetGroupAsync("newer", GroupReset.Latest));
    });

    [Fact]
    public void ResetAndDelete_GroupHasMembers_AreRefusedAndSayWho() => _machine.Run(async () =>
    {
        await CommitAsync("billing", 4);
        Consumer<string, string> consumer = _log.CreateConsumer<string, string>(
            "orders", "billing", new ConsumerOptions { ClientName = "one" });
        await consumer.TakeAsync(1);

        GroupActiveException active = await Assert.ThrowsAsync<GroupActiveException>(
            async () => await _log.ResetGroupAsync("billing", GroupReset.Earliest));
        Assert.Contains("Group 'billing' has 1 members: 'one' (member ", active.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<GroupActiveException>(async () => await _log.DeleteGroupAsync("billing"));
        Assert.Equal(4, Committed("billing"));
        await consumer.DisposeAsync();

        await _log.DeleteGroupAsync("billing", "orders");
        Assert.Null(Committed("billing"));
        await Assert.ThrowsAsync<UnknownGroupException>(async () => await _log.DeleteGroupAsync("billing"));
        Assert.Empty(await _log.ListGroupsAsync());
    });

    [Fact]
    public void DeleteGroupAsync_ThenAPowerLoss_StaysDeleted()
    {
        _machine.Run(async () =>
        {
            await CommitAsync("billing", 4);
            await _log.DeleteGroupAsync("billing");
        });
        using SimulatedPlatform after = _machine.Crash(CrashKind.PowerLoss);
        CommitLog log = after.Run(OpenLog.OnAsync(after));

        Assert.Empty(after.Run(log.ListGroupsAsync()));
        after.Run(log.DisposeAsync());
    }

    public void Dispose()
    {
        _machine.Run(_log.DisposeAsync());
        _machine.Dispose();
    }

    private long? Committed(string group) => _log.Offsets.Effective(group, _topic[0].Log)?.Offset;

    private async Task CommitAsync(string group, long next)
    {
        await using Consumer<string, string> consumer = _log.CreateConsumer<string, string>(
            Subscription.Partitions(_topic[0].TopicPartition), group);
        await consumer.CommitAsync(new NextOffset(_topic[0].TopicPartition, next));
    }
}

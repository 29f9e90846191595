using EmbeddedLog.IO;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Following;

/// <summary>A follower sees partitions that the owner adds, when it looks at the topics.</summary>
public sealed class FollowedGrowthTests : IDisposable
{
    private readonly FollowFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void GetTopic_OwnerHasAddedPartitions_ShowsThemInTheTopicInHand()
    {
        CommitLog owner = _fixture.Open();
        using ReadOnlyLog follower = _fixture.Follow();
        ReadOnlyTopic topic = follower.GetTopic(FollowFixture.Topic);
        LogPartition first = topic[0];

        _fixture.Finish(owner.AddPartitionsAsync(FollowFixture.Topic, 3).AsTask());
        owner.GetTopic(FollowFixture.Topic)[2].Append(new RawRecord("value"u8));
        Assert.Equal(1, topic.PartitionCount);
        Assert.Same(topic, follower.GetTopic(FollowFixture.Topic));

        Assert.Equal(3, topic.PartitionCount);
        Assert.Equal(3, topic.Options.Partitions);
        Assert.Same(first, topic[0]);
        Assert.Equal(1, topic[2].EndOffset);
        byte[] key = [1, 2, 3];
        Assert.Equal(owner.GetTopic(FollowFixture.Topic).GetPartitionFor(key), topic.GetPartitionFor(key));
        _fixture.Close();
    }

    [Fact]
    public void DescribeTopicAsync_OwnerHasAddedPartitions_ShowsThem()
    {
        CommitLog owner = _fixture.Open();
        using ReadOnlyLog follower = _fixture.Follow();
        _fixture.Finish(owner.AddPartitionsAsync(FollowFixture.Topic, 2).AsTask());

        TopicDescription description = _fixture.Machine.Run(follower.DescribeTopicAsync(FollowFixture.Topic));

        Assert.Equal(2, description.Partitions.Count);
        Assert.Equal(2, description.Options.Partitions);
        _fixture.Close();
    }

    [Fact]
    public void WaitAsync_OnAnAddedPartition_IsWokenByItsFirstRecord()
    {
        CommitLog owner = _fixture.Open();
        using ReadOnlyLog follower = _fixture.Follow();
        _fixture.Finish(owner.AddPartitionsAsync(FollowFixture.Topic, 2).AsTask());
        LogPartition added = follower.GetTopic(FollowFixture.Topic)[1];
        Task waiting = added.WaitForAsync(0).AsTask();
        Assert.False(waiting.IsCompleted);

        owner.GetTopic(FollowFixture.Topic)[1].Append(new RawRecord("value"u8));

        _fixture.Machine.Run(() => waiting, TimeSpan.FromSeconds(5));
        Assert.Equal(1, added.EndOffset);
        _fixture.Close();
    }

    [Fact]
    public void GetTopic_AtEachCallOfAnAddition_ShowsTheOldPartitionsOrTheNew()
    {
        using SimulatedPlatform machine = new(seed: 1);
        FaultingFileSystem faults = new(machine.Platform.Files);
        CommitLog log = machine.Run(OpenLog.OnAsync(machine.Platform with { Files = faults }));
        machine.Run(log.CreateTopicAsync("topic"));
        List<int> seen = [];
        faults.Seen = (_, _) =>
        {
            // One that opens the log now, and so looks at the files.
            using ReadOnlyLog follower = ReadOnlyLog.Open(
                OpenLog.Directory, new ReadOnlyLogOptions(), machine.Platform);
            seen.Add(follower.GetTopic("topic").PartitionCount);
        };

        machine.Run(log.AddPartitionsAsync("topic", 3));

        faults.Seen = null;
        Assert.Equal([1, 3], seen.Distinct());
        Assert.InRange(seen.Count, 10, 500);
        machine.Run(log.DisposeAsync());
    }

    [Fact]
    public void GetTopic_OwnerHasTakenAnAdditionBack_ShowsTheOldPartitionsAgain()
    {
        using SimulatedPlatform machine = new(seed: 1);
        FaultingFileSystem faults = new(machine.Platform.Files);
        CommitLog log = machine.Run(OpenLog.OnAsync(machine.Platform with { Files = faults }));
        machine.Run(log.CreateTopicAsync("topic"));
        ReadOnlyLog? follower = null;
        int seen = 0;
        bool renamed = false;
        faults.Seen = (kind, path) =>
        {
            renamed |= kind == FaultKind.Rename && path.Contains("topic.json", StringComparison.Ordinal);
            if (renamed && kind == FaultKind.SyncDirectory && follower is null)
            {
                // The description counts the new partition, and is about to be taken back.
                follower = ReadOnlyLog.Open(OpenLog.Directory, new ReadOnlyLogOptions(), machine.Platform);
                seen = follower.GetTopic("topic").PartitionCount;
                faults.Fail(kind, faults.CountOf(kind) + 1, FileSystemError.DeviceFailure);
            }
        };

        Assert.Throws<LogIOException>(() => machine.Run(log.AddPartitionsAsync("topic", 2)));

        faults.Seen = null;
        Assert.Equal(2, seen);
        Assert.Equal(1, follower!.GetTopic("topic").PartitionCount);
        follower.Dispose();
        machine.Run(log.DisposeAsync());
    }
}

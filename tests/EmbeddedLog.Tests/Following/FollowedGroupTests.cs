using System.Text.RegularExpressions;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Following;

/// <summary>Groups of a process that only reads the log: what they commit is in a directory of its own.</summary>
public sealed class FollowedGroupTests : IDisposable
{
    private const string Group = "billing";

    private static readonly TopicPartition s_partition = new(FollowFixture.Topic, 0);

    private readonly FollowFixture _fixture = new();
    private readonly LogLines _logged = new();

    private ReadOnlyLogOptions Options => new() { OffsetsDirectory = "/offsets", LoggerFactory = _logged };

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Commit_ProcessEnds_TheNextOneGoesOnBehindIt(bool isKilled)
    {
        _fixture.Open();
        _fixture.Append(10);
        FollowerProcess first = _fixture.StartFollower(Options);
        Assert.Equal(4, ReadAndCommit(first, 4));
        if (isKilled)
        {
            first.Kill();
        }
        else
        {
            first.Close();
        }

        _fixture.Append(3);
        FollowerProcess second = _fixture.StartFollower(Options);
        Consumer<byte[]?, byte[]> consumer = Consume(second);

        Assert.Equal(4, consumer.Committed(s_partition));
        Assert.Equal(
            Enumerable.Range(4, 9).Select(i => $"0:{i}"), second.Run(consumer.TakeToEndAsync).Places());
        second.Close();
    }

    [Fact]
    public void Commit_OwnerLooks_SeesNeitherTheGroupNorTheDirectory()
    {
        _fixture.Open();
        _fixture.Append(10);
        FollowerProcess follower = _fixture.StartFollower(Options);
        ReadAndCommit(follower, 4);

        Assert.Empty(_fixture.Finish(_fixture.Owner!.ListGroupsAsync().AsTask()));
        Assert.Equal(
            ["control", "lock", "session", "topics", "groups"],
            _fixture.Machine.Platform.Files.ListFiles(OpenLog.Directory).Order()
                .Concat(_fixture.Machine.Platform.Files.ListDirectories(OpenLog.Directory).OrderDescending()));
        follower.Close();
        Assert.Empty(_fixture.Finish(_fixture.Owner!.ListGroupsAsync().AsTask()));
    }

    [Fact]
    public void CommitInterval_ProcessCloses_CommitsWhatIsFinished()
    {
        _fixture.Open();
        _fixture.Append(10);
        FollowerProcess follower = _fixture.StartFollower(Options);
        Consumer<byte[]?, byte[]> consumer = Consume(
            follower, new ConsumerOptions { CommitInterval = TimeSpan.FromSeconds(1) });
        follower.Run(() => consumer.TakeFinishedAsync(3));
        follower.Wait(TimeSpan.FromSeconds(1));
        Assert.Equal(3, consumer.Committed(s_partition));
        follower.Run(() => consumer.TakeFinishedAsync(2));
        follower.Close();

        Assert.Equal(5, FindCommitted());
    }

    [Fact]
    public void Group_OfSeveralConsumers_SharesPartitionsAndHandsThemOver()
    {
        CommitLog owner = _fixture.Open();
        _fixture.Finish(owner.CreateTopicAsync("orders", new TopicOptions { Partitions = 4 }).AsTask());
        FollowerProcess follower = _fixture.StartFollower(Options);
        Consumer<byte[]?, byte[]> first = follower.Log.CreateConsumer<byte[]?, byte[]>("orders", Group);
        Consumer<byte[]?, byte[]> second = follower.Log.CreateConsumer<byte[]?, byte[]>("orders", Group);
        follower.Run(first.TakeToEndAsync);
        follower.Run(second.TakeToEndAsync);
        follower.Run(first.TakeToEndAsync);
        follower.Run(second.TakeToEndAsync);
        Assert.Equal((2, 2), (first.Assignment.Count, second.Assignment.Count));
        foreach (TopicPartition each in second.Assignment)
        {
            owner.GetTopic("orders")[each.Partition].Append(new RawRecord("x"u8));
        }

        follower.Run(async () =>
        {
            List<Record<byte[]?, byte[]>> read = await second.TakeFinishedAsync(2);
            await second.CommitAsync(read[0]);
            await second.DisposeAsync();
        });
        Assert.Single(follower.Run(first.TakeToEndAsync));
        Assert.Equal(4, first.Assignment.Count);
        follower.Close();
    }

    [Fact]
    public void ForEachAsync_WithAGroup_CommitsWhatIsHandled()
    {
        _fixture.Open();
        _fixture.Append(20);
        FollowerProcess follower = _fixture.StartFollower(Options);
        using CancellationTokenSource end = new();
        Consumer<byte[]?, byte[]> consumer = Consume(follower);
        int handled = 0;
        follower.Run(async () =>
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => consumer.ForEachAsync(
                (_, _) =>
                {
                    if (++handled == 20)
                    {
                        end.Cancel();
                    }

                    return default;
                },
                new ForEachOptions { MaxParallelism = 4 },
                end.Token));
            await consumer.DisposeAsync();
        });

        Assert.Equal(20, handled);
        Assert.Equal(20, follower.Log.Offsets!.Stored(Group, follower.Partition.Source)!.Value.Offset);
        follower.Close();
    }

    [Fact]
    public void Subscription_ByPattern_FindsTopicsAndPartitionsThatTheOwnerMakes()
    {
        CommitLog owner = _fixture.Open();
        FollowerProcess follower = _fixture.StartFollower(Options);
        Consumer<byte[]?, byte[]> consumer = follower.Log.CreateConsumer<byte[]?, byte[]>(
            Subscription.Matching(new Regex("^orders")), Group);
        Task<List<Record<byte[]?, byte[]>>> reading = consumer.TakeAsync(1);
        follower.Work.RunUntilIdle();

        _fixture.Finish(owner.CreateTopicAsync("orders", new TopicOptions { Partitions = 1 }).AsTask());
        follower.Wait(TimeSpan.FromSeconds(2));
        owner.GetTopic("orders")[0].Append(new RawRecord("x"u8));
        follower.Wait(TimeSpan.FromSeconds(2));
        Assert.Equal(["0:0"], reading.Ended().Places());
        consumer.Finish(reading.Ended()[0]);

        _fixture.Finish(owner.AddPartitionsAsync("orders", 2).AsTask());
        owner.GetTopic("orders")[1].Append(new RawRecord("x"u8));
        reading = consumer.TakeAsync(1);
        follower.Wait(TimeSpan.FromSeconds(2));
        Assert.Equal(["1:0"], reading.Ended().Places());
        follower.Close();
    }

    [Fact]
    public void Commit_TopicIsDeletedAndMadeAgain_DoesNotCountForTheNewOne()
    {
        CommitLog owner = _fixture.Open();
        _fixture.Append(10);
        FollowerProcess follower = _fixture.StartFollower(Options);
        ReadAndCommit(follower, 4);
        Consumer<byte[]?, byte[]> old = Consume(follower);
        List<Record<byte[]?, byte[]>> read = follower.Run(() => old.TakeAsync(1));
        _fixture.Finish(owner.DeleteTopicAsync(FollowFixture.Topic).AsTask());
        _fixture.Finish(owner.CreateTopicAsync(FollowFixture.Topic).AsTask());
        _fixture.Append(2);
        follower.Wait(TimeSpan.FromSeconds(1));

        Assert.Throws<UnknownTopicException>(() => follower.Run(() => old.CommitAsync(read[0]).AsTask()));
        Assert.Empty(follower.Log.Offsets!.List());
        follower.Run(() => old.DisposeAsync().AsTask());
        Assert.Throws<UnknownGroupException>(
            () => follower.Run(() => follower.Log.DeleteGroupAsync(Group).AsTask()));
        follower.Kill();
        FollowerProcess next = _fixture.StartFollower(Options);
        Assert.Equal(["0:0", "0:1"], next.Run(Consume(next).TakeToEndAsync).Places());
        next.Close();
    }

    [Fact]
    public void Commit_TopicIsDeletedWhileNobodyFollows_IsDroppedByTheNextOpening()
    {
        CommitLog owner = _fixture.Open();
        _fixture.Append(10);
        FollowerProcess follower = _fixture.StartFollower(Options);
        ReadAndCommit(follower, 4);
        follower.Close();
        _fixture.Finish(owner.DeleteTopicAsync(FollowFixture.Topic).AsTask());
        _fixture.Finish(owner.CreateTopicAsync(FollowFixture.Topic).AsTask());

        FollowerProcess next = _fixture.StartFollower(Options);
        Assert.Equal(0, next.Log.Offsets!.Count);
        Assert.Null(Consume(next).Committed(s_partition));
        next.Close();
    }

    [Fact]
    public void ReadAllAsync_OnePartitionIsInTroubleAtFirst_TheGroupGoesOnWithTheOthersAndThenThere()
    {
        CommitLog owner = _fixture.Open();
        _fixture.Finish(owner.CreateTopicAsync("other").AsTask());
        _fixture.Append(10);
        owner.GetTopic("other")[0].Append(new RawRecord("x"u8));
        FollowerProcess first = _fixture.StartFollower(Options);
        ReadAndCommit(first, 4);
        first.Close();
        _fixture.Close();
        byte[] good = FollowedDamage.OfManifest(_fixture);

        FollowerProcess follower = _fixture.StartFollower(Options);
        Consumer<byte[]?, byte[]> consumer = follower.Log.CreateConsumer<byte[]?, byte[]>(
            Subscription.Topics("other", FollowFixture.Topic), Group);
        Assert.Equal("other", follower.Run(() => consumer.TakeFinishedAsync(1))[0].Topic);
        Assert.Throws<CorruptLogException>(() => follower.Run(consumer.TakeToEndAsync));
        follower.Run(() => consumer.CommitFinishedAsync().AsTask());
        FollowedDamage.Repair(_fixture, good);
        follower.Wait(TimeSpan.FromSeconds(1));

        Assert.Equal(Enumerable.Range(4, 6).Select(i => $"0:{i}"), follower.Run(consumer.TakeToEndAsync).Places());
        follower.Close();
    }

    [Fact]
    public void Dispose_OfAFollowerWithGroups_LeavesNothingOpen()
    {
        _fixture.Open();
        _fixture.Append(10);
        FollowerProcess follower = _fixture.StartFollower(Options);
        ReadAndCommit(follower, 4);
        follower.Close();
        _fixture.Close();

        Assert.Empty(_fixture.Machine.Disk.OpenFiles);
        Assert.Empty(_fixture.Machine.Disk.LiveMaps);
        Assert.Equal(0, follower.Time.ActiveTimers);
    }

    private static Consumer<byte[]?, byte[]> Consume(FollowerProcess follower, ConsumerOptions? options = null) =>
        follower.Log.CreateConsumer<byte[]?, byte[]>(FollowFixture.Topic, Group, options);

    /// <summary>Reads so many records, commits them, and disposes the consumer; returns what is committed.</summary>
    private static long? ReadAndCommit(FollowerProcess follower, int count) => follower.Run(async () =>
    {
        await using Consumer<byte[]?, byte[]> consumer = Consume(follower);
        List<Record<byte[]?, byte[]>> read = await consumer.TakeAsync(count);
        await consumer.CommitAsync(read[^1]);
        return (await consumer.GetCommittedAsync(s_partition))?.Next.Offset;
    });

    private long? FindCommitted()
    {
        FollowerProcess next = _fixture.StartFollower(Options);
        long? committed = Consume(next).Committed(s_partition);
        next.Close();
        return committed;
    }
}

using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Following;

/// <summary>
/// What the groups of a follower have committed is lowered where the owner's recovery has taken records back, and never
/// counts a record that has got the offset of another one.
/// </summary>
public sealed class FollowedGroupTruncationTests : IDisposable
{
    private const string Group = "billing";

    private static readonly TopicPartition s_partition = new(FollowFixture.Topic, 0);

    /// <summary>An owner that does not know its page cache again, as after a failure of the device.</summary>
    private readonly FollowFixture _fixture = new(options: new SimulationOptions { IdentityIsKnown = false });

    private readonly LogLines _logged = new();

    private ReadOnlyLogOptions Options => new() { OffsetsDirectory = "/offsets", LoggerFactory = _logged };

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Commit_RecordsAreTakenBackWhileItReads_IsLoweredAndSaysSo()
    {
        FollowerProcess follower = StartBehindFlushed();
        Consumer<byte[]?, byte[]> consumer = Consume(follower);
        List<Record<byte[]?, byte[]>> read = follower.Run(() => consumer.TakeFinishedAsync(60));
        follower.Run(() => consumer.CommitAsync(read[54]).AsTask());
        TakeBack(to: 40);
        _fixture.Append(30, 50);

        Assert.Equal(40, consumer.Committed(s_partition));
        follower.Work.RunUntilIdle();
        string line = Assert.Single(_logged.All, each => each.Contains("were lowered", StringComparison.Ordinal));
        Assert.Contains("in partition topic-0 for group billing from 55 to 40", line, StringComparison.Ordinal);
        Assert.StartsWith("Warning", line, StringComparison.Ordinal);
        LogTruncatedException told = Assert.Throws<LogTruncatedException>(
            () => follower.Run(() => consumer.CommitAsync(read[50]).AsTask()));
        Assert.Equal((40, 51), (told.Offset, told.ReadTo));
        follower.Run(() => consumer.CommitAsync(read[30]).AsTask());
        Assert.Equal(31, consumer.Committed(s_partition));
        follower.Close();
    }

    [Fact]
    public void Commit_OfARecordThatWasTakenBackAndHasNoSuccessor_SaysSo()
    {
        FollowerProcess follower = StartBehindFlushed();
        Consumer<byte[]?, byte[]> consumer = Consume(follower);
        List<Record<byte[]?, byte[]>> read = follower.Run(() => consumer.TakeFinishedAsync(60));
        TakeBack(to: 40);
        Assert.Equal(40, follower.Partition.EndOffset);

        LogTruncatedException told = Assert.Throws<LogTruncatedException>(
            () => follower.Run(() => consumer.CommitAsync(read[50]).AsTask()));
        Assert.Equal(40, told.Offset);
        follower.Close();
    }

    [Fact]
    public void Commit_OfARecordThatWasTakenBackAfterTheReadHasTold_IsRefusedUntilItWasReadAgain()
    {
        FollowerProcess follower = StartBehindFlushed();
        Consumer<byte[]?, byte[]> consumer = Consume(follower);
        List<Record<byte[]?, byte[]>> read = follower.Run(() => consumer.TakeFinishedAsync(60));
        TakeBack(to: 40);
        _fixture.Append(30, 50);
        Assert.Throws<LogTruncatedException>(() => follower.Run(consumer.TakeToEndAsync));

        Assert.Throws<LogTruncatedException>(() => follower.Run(() => consumer.CommitAsync(read[50]).AsTask()));
        List<Record<byte[]?, byte[]>> again = follower.Run(() => consumer.TakeFinishedAsync(15));
        Assert.Equal(40, again[0].Offset);
        follower.Run(() => consumer.CommitAsync(again[^1]).AsTask());
        Assert.Equal(55, consumer.Committed(s_partition));
        follower.Close();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void CommitFinished_RecordsWereTakenBackSince_CommitsWhatIsLeft(bool byInterval)
    {
        FollowerProcess follower = StartBehindFlushed();
        Consumer<byte[]?, byte[]> consumer = Consume(
            follower, new ConsumerOptions { CommitInterval = byInterval ? TimeSpan.FromSeconds(1) : null });
        follower.Run(() => consumer.TakeFinishedAsync(60));
        TakeBack(to: 40);
        _fixture.Append(30, 50);
        Assert.Equal(70, follower.Partition.EndOffset);
        if (byInterval)
        {
            follower.Wait(TimeSpan.FromSeconds(1));
        }
        else
        {
            follower.Run(() => consumer.CommitFinishedAsync().AsTask());
        }

        Assert.Equal(40, consumer.Committed(s_partition));
        Assert.Throws<LogTruncatedException>(() => follower.Run(consumer.TakeToEndAsync));
        follower.Run(() => consumer.TakeFinishedAsync(20));
        follower.Run(() => consumer.CommitFinishedAsync().AsTask());
        Assert.Equal(60, consumer.Committed(s_partition));
        follower.Close();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Open_RecordsWereTakenBackMeanwhile_LowersCommitsAndSaysSo(bool isKilled)
    {
        FollowerProcess follower = StartBehindFlushed();
        Consumer<byte[]?, byte[]> consumer = Consume(follower);
        List<Record<byte[]?, byte[]>> read = follower.Run(() => consumer.TakeFinishedAsync(60));
        follower.Run(() => consumer.CommitAsync(read[^1]).AsTask());
        End(follower, isKilled);
        TakeBack(to: 40);
        _fixture.Append(30, 50);

        FollowerProcess next = _fixture.StartFollower(Options);
        Assert.Contains(
            "in partition topic-0 for group billing from 60 to 40",
            Assert.Single(_logged.All, line => line.Contains("were lowered", StringComparison.Ordinal)),
            StringComparison.Ordinal);
        Assert.Equal(40, next.Run(() => Consume(next).TakeAsync(1))[0].Offset);
        next.Close();
    }

    [Fact]
    public void Reset_RecordsAreTakenBackAfterIt_IsLoweredToo()
    {
        FollowerProcess follower = StartBehindFlushed();
        follower.Run(() => follower.Log.ResetGroupAsync(
            Group, GroupReset.Latest, [FollowFixture.Topic]).AsTask());
        TakeBack(to: 40);
        _fixture.Append(30, 50);

        GroupDescription group = follower.Run(() => follower.Log.DescribeGroupAsync(Group).AsTask());
        Assert.Equal(40, group.Partitions[0].Committed!.Value.Next.Offset);
        follower.Close();
    }

    /// <summary>
    /// A commit between a truncation and the follower's look at it must not count what takes the lost records' place.
    /// </summary>
    [Fact]
    public void Commit_StoredUnderAnEarlierCountOfTruncations_IsRefused()
    {
        FollowerProcess follower = StartBehindFlushed();
        OffsetStore offsets = follower.Log.Offsets!;
        LogPartition partition = follower.Partition;
        Assert.Equal(60, partition.EndOffset);
        TakeBack(to: 40);
        _fixture.Append(30, 50);
        Assert.Equal(70, partition.EndOffset);

        Assert.Throws<LogTruncatedException>(
            () => offsets.Commit(Group, new PartitionCommit(partition.Source, 50, Truncations: 0)));
        offsets.Commit(Group, [new PartitionCommit(partition.Source, 50, Truncations: 0)]);
        Assert.Equal(40, offsets.Stored(Group, partition.Source)!.Value.Offset);
        offsets.Commit(Group, new PartitionCommit(partition.Source, 50, Truncations: 1));
        Assert.Equal(50, offsets.Effective(Group, partition.Source)!.Value.Offset);
        follower.Close();
    }

    private static Consumer<byte[]?, byte[]> Consume(FollowerProcess follower, ConsumerOptions? options = null) =>
        follower.Log.CreateConsumer<byte[]?, byte[]>(FollowFixture.Topic, Group, options);

    private static void End(FollowerProcess follower, bool isKilled)
    {
        if (isKilled)
        {
            follower.Kill();
        }
        else
        {
            follower.Close();
        }
    }

    /// <summary>An owner with 30 flushed records and 30 others, and who follows it.</summary>
    private FollowerProcess StartBehindFlushed()
    {
        _fixture.Open();
        _fixture.Append(30);
        _fixture.Flush();
        _fixture.Append(30);
        return _fixture.StartFollower(Options);
    }

    /// <summary>The owner dies, and the next one does not find all of its records.</summary>
    private void TakeBack(long to)
    {
        FollowedDamage.OfRecord(_fixture, to);
        _fixture.Kill();
        _fixture.Open();
    }
}

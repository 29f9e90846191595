using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Following;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Coordination.Administration;

/// <summary>
/// What a group has committed expires when it had no consumer for long enough while the log was open.
/// </summary>
public sealed class OffsetExpiryTests : IDisposable
{
    private const string Group = "billing";

    private static readonly TopicPartition s_partition = new("orders", 0);

    /// <summary>The greatest time between two looks.</summary>
    private static readonly TimeSpan s_look = TimeSpan.FromMinutes(10);

    private readonly List<SimulatedPlatform> _machines = [new SimulatedPlatform(seed: 1)];
    private readonly LogLines _logged = new();
    private readonly CommitLogOptions _options;
    private CommitLog _log;

    public OffsetExpiryTests()
    {
        _options = new CommitLogOptions { LoggerFactory = _logged, RetentionCheckInterval = TimeSpan.FromDays(1) };
        _log = Open();
        Topic topic = Machine.Run(_log.CreateTopicAsync("orders", new TopicOptions
        {
            Partitions = 2,
            Retention = RetentionPolicy.KeepForever,
        }));
        topic[0].Append(new RawRecord("value"u8));
        topic[1].Append(new RawRecord("value"u8));
    }

    private SimulatedPlatform Machine => _machines[^1];

    private string[] Expiries =>
        [.. _logged.All.Where(line => line.Contains("offsets were deleted", StringComparison.Ordinal))];

    public void Dispose()
    {
        Machine.Run(_log.DisposeAsync());
        _machines.ForEach(machine => machine.Dispose());
    }

    [Fact]
    public void Offsets_OfAGroupWithoutConsumers_ExpireAfterSevenDaysAndSayWhich()
    {
        ReadAndCommit(Group, count: 2);
        Pass(TimeSpan.FromDays(7));
        Assert.Equal([Group], List());
        Assert.Empty(Expiries);

        Pass(2 * s_look);
        Assert.Empty(List());
        Assert.Contains(
            "Information: Group billing had no consumer for 7 days in which the log was open: its 2 committed offsets "
            + "were deleted, of partitions 0 and 1 of topic 'orders'. It begins as a new group.",
            Expiries);
        Assert.Single(Expiries);
        Assert.Empty(_log.Offsets.Times.List());
        Pass(TimeSpan.FromDays(8));
        Assert.Single(Expiries);
    }

    [Fact]
    public void Offsets_OfAGroupWithAConsumer_DoNotExpire()
    {
        ReadAndCommit(Group);
        Pass(TimeSpan.FromDays(6));
        using (Consumer<string, string> consumer = _log.CreateConsumer<string, string>("orders", Group))
        {
            // One that has not joined yet counts too.
            Pass(TimeSpan.FromDays(8));
            Assert.Equal([Group], List());
            Machine.Run(() => consumer.TakeAsync(1));
            Pass(TimeSpan.FromDays(8));
            Assert.Equal(1, consumer.Committed(s_partition));
        }

        Pass(TimeSpan.FromDays(7));
        Assert.Equal([Group], List());
        Pass(2 * s_look);
        Assert.Empty(List());
    }

    [Fact]
    public void Offsets_WhileTheLogIsClosed_DoNotAge()
    {
        ReadAndCommit(Group);
        Pass(TimeSpan.FromDays(6));
        Close();
        Machine.Time.Advance(TimeSpan.FromDays(365));
        _log = Open();
        Pass(TimeSpan.FromHours(23));
        Assert.Equal([Group], List());

        Pass(TimeSpan.FromHours(2));
        Assert.Empty(List());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Offsets_OfALogThatIsOpenedEachDay_ExpireAfterSevenDaysOfOpenLog(bool isKilled)
    {
        ReadAndCommit(Group);
        for (int day = 0; day < 7; day++)
        {
            Pass(TimeSpan.FromDays(1));
            Assert.Equal([Group], List());
            if (isKilled)
            {
                Crash(CrashKind.ProcessKill);
            }
            else
            {
                Close();
                _log = Open();
            }
        }

        // Each end loses what was not noted since the last look.
        Pass(9 * s_look);
        Assert.Empty(List());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Offsets_OfAGroupThatWasUsedWhenTheProcessDied_LiveOn(bool isKill)
    {
        ReadAndCommit(Group);
        Pass(TimeSpan.FromDays(7) - TimeSpan.FromMinutes(1));
        Consumer<string, string> consumer = _log.CreateConsumer<string, string>("orders", Group);
        Machine.Run(() => consumer.TakeAsync(1));
        Machine.Run(_log.Offsets.FlushAsync(_log.Offsets.Log.PublishedEnd, default));
        Crash(isKill ? CrashKind.ProcessKill : CrashKind.PowerLoss);
        GC.KeepAlive(consumer);

        Pass(TimeSpan.FromDays(6));
        Assert.Equal([Group], List());
    }

    [Theory]
    [InlineData(4000)]
    [InlineData(-4000)]
    public void Offsets_WallClockJumps_DoNotAge(int days)
    {
        ReadAndCommit(Group);
        Pass(TimeSpan.FromDays(1));
        Machine.Time.SetUtcNow(Machine.Time.GetUtcNow().AddDays(days));
        Pass(TimeSpan.FromDays(5));
        Assert.Equal([Group], List());
        Close();
        Machine.Time.SetUtcNow(Machine.Time.GetUtcNow().AddDays(-2 * days));
        _log = Open();
        Pass(TimeSpan.FromHours(23));
        Assert.Equal([Group], List());

        Pass(TimeSpan.FromHours(2));
        Assert.Empty(List());
    }

    [Fact]
    public void Offsets_ToBeKeptForEver_DoNotExpire()
    {
        Close();
        _options.OffsetsRetention = Timeout.InfiniteTimeSpan;
        _log = Open();
        ReadAndCommit(Group);
        long end = _log.Offsets.Log.PublishedEnd;
        Pass(TimeSpan.FromDays(30));

        Assert.Equal([Group], List());
        Assert.Equal(end, _log.Offsets.Log.PublishedEnd);
    }

    [Fact]
    public void Offsets_OfOneGroup_ExpireWithoutThoseOfOthers()
    {
        ReadAndCommit(Group);
        Pass(TimeSpan.FromDays(5));
        ReadAndCommit("mail");
        Pass(TimeSpan.FromDays(3));

        Assert.Equal(["mail"], List());
        Pass(TimeSpan.FromDays(5));
        Assert.Empty(List());
    }

    [Fact]
    public void Offsets_ThatAreReset_LiveAnew()
    {
        ReadAndCommit(Group);
        Pass(TimeSpan.FromDays(6));
        Machine.Run(_log.ResetGroupAsync(Group, GroupReset.Earliest, dryRun: true));
        Pass(TimeSpan.FromHours(12));
        Machine.Run(_log.ResetGroupAsync(Group, GroupReset.Earliest));
        Pass(TimeSpan.FromDays(6));
        Assert.Equal([Group], List());

        Pass(TimeSpan.FromDays(2));
        Assert.Empty(List());
    }

    [Fact]
    public void Look_WithNothingThatAges_WritesNothing()
    {
        using Consumer<string, string> consumer = _log.CreateConsumer<string, string>("orders", Group);
        Machine.Run(() => consumer.TakeFinishedAsync(1));
        Machine.Run(consumer.CommitFinishedAsync());
        Pass(TimeSpan.FromHours(1));
        long end = _log.Offsets.Log.PublishedEnd;
        Pass(TimeSpan.FromDays(1));

        Assert.Equal(end, _log.Offsets.Log.PublishedEnd);
    }

    [Fact]
    public void Look_AtAGroupWhoseTopicWasDeleted_ForgetsIt()
    {
        ReadAndCommit(Group);
        Pass(TimeSpan.FromHours(1));
        Machine.Run(_log.DeleteTopicAsync("orders"));
        Pass(TimeSpan.FromHours(1));

        Assert.Empty(_log.Offsets.Times.List());
        Assert.Empty(Expiries);
    }

    [Fact]
    public void DeleteGroup_ThatWasSeenEmpty_LeavesNothing()
    {
        ReadAndCommit(Group);
        Pass(TimeSpan.FromHours(1));
        Machine.Run(_log.DeleteGroupAsync(Group));

        Assert.Empty(_log.Offsets.Times.List());
    }

    [Fact]
    public void Offsets_OfAFollower_ExpireWithTheTimeForWhichItIsOpen()
    {
        using FollowFixture fixture = new();
        fixture.Open();
        fixture.Append(10);
        ReadOnlyLogOptions options = new() { OffsetsDirectory = "/offsets", LoggerFactory = _logged };
        FollowerProcess follower = fixture.StartFollower(options);
        follower.Run(async () =>
        {
            await using Consumer<byte[]?, byte[]> consumer =
                follower.Log.CreateConsumer<byte[]?, byte[]>(FollowFixture.Topic, Group);
            await consumer.CommitAsync((await consumer.TakeAsync(4))[^1]);
        });
        Pass(follower, TimeSpan.FromDays(4));
        follower.Kill();
        follower = fixture.StartFollower(options);
        Pass(follower, TimeSpan.FromDays(3) - TimeSpan.FromHours(1));
        Assert.Equal([Group], follower.Run(() => follower.Log.ListGroupsAsync().AsTask()));
        Pass(follower, TimeSpan.FromHours(2));

        Assert.Empty(follower.Run(() => follower.Log.ListGroupsAsync().AsTask()));
        Assert.Single(Expiries);
        follower.Close();
    }

    private static void Pass(FollowerProcess follower, TimeSpan time)
    {
        for (TimeSpan passed = default; passed < time; passed += s_look)
        {
            follower.Wait(s_look);
        }
    }

    private CommitLog Open() => Machine.Run(OpenLog.OnAsync(Machine, _options.ValidatedCopy()));

    private void Close() => Machine.Run(_log.DisposeAsync());

    private void Crash(CrashKind kind)
    {
        _machines.Add(Machine.Crash(kind));
        _log = Open();
    }

    private string[] List() => [.. Machine.Run(_log.ListGroupsAsync())];

    /// <summary>Lets time pass, look by look.</summary>
    private void Pass(TimeSpan time)
    {
        for (TimeSpan passed = default; passed < time; passed += s_look)
        {
            TimeSpan left = time - passed;
            Machine.Time.Advance(left < s_look ? left : s_look);
            Machine.Scheduler.RunUntilIdle();
        }
    }

    private void ReadAndCommit(string group, int count = 1) => Machine.Run(async () =>
    {
        await using Consumer<string, string> consumer = _log.CreateConsumer<string, string>("orders", group);
        await consumer.TakeFinishedAsync(count);
        await consumer.CommitFinishedAsync();
    });
}

using EmbeddedLog.IO;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using static EmbeddedLog.Tests.Infrastructure.PartitionEnvironment;

namespace EmbeddedLog.Tests.Topics;

/// <summary>
/// The machine stops at each change to the disk that an addition makes, in the way of a kill or of a power loss, and
/// perhaps again at each change of the recovery: the topic has the old partitions or the new ones.
/// </summary>
public sealed class AddedPartitionsAcrossCrashesTests
{
    private const string Root = "/log/topics/topic-1";
    private const int Before = 2;
    private const int After = 4;
    private const int Seeds = 12;

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void AddPartitionsAsync_CrashAtAnyChange_LeavesTheOldNumberOrTheNew(bool losesPower, bool thenLosesPower)
    {
        HashSet<int> found = [];
        for (int seed = 1; seed <= (losesPower ? Seeds : 1); seed++)
        {
            bool done = false;
            for (int change = 1; !done; change++)
            {
                using SimulatedPlatform machine = new(seed);
                done = CrashAt(machine, change);
                using SimulatedPlatform next = machine.Crash(KindOf(losesPower));
                CommitLog log = next.Run(OpenLog.OnAsync(next));
                int partitions = Check(next, log);
                found.Add(partitions);

                // What the second process has found and used stays.
                Topic topic = log.GetTopic("topic");
                AppendNumbered(topic[partitions - 1].Log, 2);
                next.Run(topic[partitions - 1].FlushAsync());
                using SimulatedPlatform last = next.Crash(KindOf(thenLosesPower));
                CommitLog again = last.Run(OpenLog.OnAsync(last));
                Assert.Equal(partitions, again.GetTopic("topic").PartitionCount);
                Assert.Equal(2, again.GetTopic("topic")[partitions - 1].EndOffset);

                // And more can be added, over what was left.
                last.Run(again.AddPartitionsAsync("topic", After + 1));
                Assert.Equal(0, again.GetTopic("topic")[After].EndOffset);
                last.Run(again.DisposeAsync());
                CommitLog closed = last.Run(OpenLog.OnAsync(last));
                Assert.True(closed.Recovery.Clean);
                last.Run(closed.DisposeAsync());
                Assert.InRange(change, 1, 200);
            }
        }

        Assert.Equal([Before, After], found.Order());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Open_AfterACutOffAdditionAndCrashingAgainAtAnyChange_LeavesTheOldNumberOrTheNew(bool losesPower)
    {
        // Two of the places at which the addition can be cut off: with all directories, and before the description.
        foreach (int change in new[] { 5, 12 })
        {
            bool done = false;
            for (int inRecovery = 1; !done; inRecovery++)
            {
                using SimulatedPlatform machine = new(seed: inRecovery);
                Assert.False(CrashAt(machine, change));
                using SimulatedPlatform next = machine.Crash(CrashKind.ProcessKill);
                next.Disk.CrashAtMutation(next.Disk.Counters.Mutations + inRecovery);
                done = Record.Exception(() => next.Run(OpenLog.OnAsync(next))) is null;
                using SimulatedPlatform last = next.Crash(KindOf(losesPower));
                CommitLog log = last.Run(OpenLog.OnAsync(last));
                Check(last, log);
                last.Run(log.DisposeAsync());
            }
        }
    }

    [Fact]
    public void Open_CutOffAdditionAndDescriptionPutBackLater_IsStillTold()
    {
        // The mark of an addition excuses no directory with records.
        using SimulatedPlatform machine = new(seed: 1);
        CommitLog log = machine.Run(OpenLog.OnAsync(machine));
        Topic topic = machine.Run(log.CreateTopicAsync("topic", new TopicOptions { Partitions = Before }));
        byte[] older = DiskPieces.ReadFile(machine.Platform.Files, Root + "/topic.json");
        machine.Run(log.AddPartitionsAsync("topic", After));
        AppendNumbered(topic[After - 1].Log, 1);
        using SimulatedPlatform next = machine.Crash(CrashKind.ProcessKill);
        FileSystem files = next.Platform.Files;
        DiskPieces.Remove(files, Root + "/topic.json");
        Write(files, Root + "/topic.json", older);
        Write(files, Root + "/partitions.new", []);

        CorruptLogException told = Assert.Throws<CorruptLogException>(() => next.Run(OpenLog.OnAsync(next)));

        Assert.EndsWith("topic.json", told.File, StringComparison.Ordinal);
        Assert.True(files.DirectoryExists(Root + "/3"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(12)]
    [InlineData(14)]
    public void Follower_OfALogThatDiedWhileItAddedPartitions_ReadsTheOldOnesOrAll(int change)
    {
        using SimulatedPlatform machine = new(seed: 1);
        Assert.False(CrashAt(machine, change));
        using SimulatedPlatform next = machine.Crash(CrashKind.ProcessKill);

        using ReadOnlyLog follower = ReadOnlyLog.Open(
            OpenLog.Directory, new ReadOnlyLogOptions(), next.Platform);

        ReadOnlyTopic topic = follower.GetTopic("topic");
        Assert.Contains(topic.PartitionCount, new[] { Before, After });
        Assert.Equal(1, topic[Before - 1].EndOffset);
    }

    private static CrashKind KindOf(bool losesPower) => losesPower ? CrashKind.PowerLoss : CrashKind.ProcessKill;

    /// <summary>Adds partitions until the machine stops at a change to the disk; true if it did not stop.</summary>
    private static bool CrashAt(SimulatedPlatform machine, int change)
    {
        CommitLog log = machine.Run(OpenLog.OnAsync(machine));
        Topic topic = machine.Run(log.CreateTopicAsync("topic", new TopicOptions { Partitions = Before }));
        AppendNumbered(topic[Before - 1].Log, 1);
        machine.Run(topic[Before - 1].FlushAsync());
        machine.Disk.CrashAtMutation(machine.Disk.Counters.Mutations + change);
        return Record.Exception(() => machine.Run(log.AddPartitionsAsync("topic", After))) is null;
    }

    private static int Check(SimulatedPlatform machine, CommitLog log)
    {
        Topic topic = log.GetTopic("topic");
        Assert.Contains(topic.PartitionCount, new[] { Before, After });
        Assert.Equal(1, topic[Before - 1].EndOffset);
        Assert.All(topic.Partitions.Skip(Before), each => Assert.Equal(0, each.EndOffset));
        Assert.Equal(topic.PartitionCount, machine.Platform.Files.ListDirectories(Root).Count);
        Assert.Equal(["topic.json"], machine.Platform.Files.ListFiles(Root).Where(name => name != "topic.json.new"));
        return topic.PartitionCount;
    }

    private static void Write(FileSystem files, string path, byte[] bytes)
    {
        using LogFile file = files.OpenFile(path, FileOpening.CreateNew);
        file.Write(bytes, 0);
    }
}

using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Testing.Simulation.Disks;
using EmbeddedLog.Tests.Infrastructure;
using static EmbeddedLog.Tests.Infrastructure.PartitionEnvironment;

namespace EmbeddedLog.Tests.Topics;

/// <summary>
/// A process is killed while it changes topics, at each change to the disk. The next one goes on with what it finds in
/// the page cache, and then the power goes: what the next one found is still there.
/// </summary>
public sealed class TopicChangesAcrossCrashesTests
{
    private const string Root = "/log/topics";

    [Fact]
    public void CreateTopic_Killed_LeavesATopicThatKeepsFlushedRecordsOrNone() =>
        ForEachKill(
            log => log.CreateTopicAsync("made").AsTask(),
            found =>
            {
                if (!found.Log.TryGetTopic("made", out Topic? topic))
                {
                    return after => Assert.True(after.TryGetTopic("topic", out _));
                }

                AppendNumbered(topic[0].Log, 1);
                found.Machine.Run(topic[0].FlushAsync());
                return after => Assert.Equal(1, after.GetTopic("made")[0].EndOffset);
            });

    [Fact]
    public void EnsureTopic_Killed_LeavesOptionsThatAPowerLossDoesNotChange() =>
        ForEachKill(
            log => log.EnsureTopicAsync("topic", Keeping(TimeSpan.FromDays(1))).AsTask(),
            found =>
            {
                RetentionPolicy policy = found.Log.GetTopic("topic").Options.Retention;
                return after => Assert.Equal(policy, after.GetTopic("topic").Options.Retention);
            });

    [Fact]
    public void DeleteTopic_Killed_LeavesATopicThatAPowerLossKeepsWholeOrNone() =>
        ForEachKill(
            log => log.DeleteTopicAsync("topic").AsTask(),
            found =>
            {
                bool there = found.Log.TryGetTopic("topic", out _);
                return after => Assert.Equal(there, after.TryGetTopic("topic", out _));
            });

    [Fact]
    public void FirstOpening_Killed_LeavesADirectoryThatAPowerLossKeeps()
    {
        for (int kill = 1; kill <= 12; kill++)
        {
            using SimulatedPlatform first = new(seed: kill);
            first.Disk.CrashAtMutation(kill);
            Record.Exception(() => first.Run(OpenLog.OnAsync(first.Platform, directory: "/a/b/c").AsTask));
            using SimulatedPlatform second = first.Crash(CrashKind.ProcessKill);
            CommitLog log = second.Run(OpenLog.OnAsync(second.Platform, directory: "/a/b/c").AsTask);
            second.Run(log.CreateTopicAsync("topic").AsTask);

            using SimulatedPlatform third = second.Crash(CrashKind.PowerLoss);
            CommitLog recovered = third.Run(OpenLog.OnAsync(third.Platform, directory: "/a/b/c").AsTask);
            Assert.True(recovered.TryGetTopic("topic", out _), $"gone after a kill at {kill}");
            third.Run(recovered.DisposeAsync());
        }
    }

    [Fact]
    public void CreateTopic_OnAFullDisk_LeavesOneTopicAfterTheNextTry()
    {
        for (int pages = 0; pages < 8; pages++)
        {
            using SimulatedPlatform machine = new(seed: pages);
            CommitLog log = machine.Run(OpenLog.OnAsync(machine).AsTask);
            machine.Disk.CapacityBytes = machine.Disk.UsedBytes + (pages * SimulatedDisk.PageBytes);
            Exception? refusal = Record.Exception(() => machine.Run(log.CreateTopicAsync("topic").AsTask));
            Assert.True(refusal is null or DiskFullException, $"{refusal}");
            machine.Disk.CapacityBytes = long.MaxValue;
            Topic topic = machine.Run(log.EnsureTopicAsync("topic").AsTask);
            AppendNumbered(topic[0].Log, 1);
            machine.Run(log.DisposeAsync());

            CommitLog again = machine.Run(OpenLog.OnAsync(machine).AsTask);
            Assert.Single(machine.Platform.Files.ListDirectories(Root));
            Assert.Equal(1, again.GetTopic("topic")[0].EndOffset);
            machine.Run(again.DisposeAsync());
        }
    }

    private static TopicOptions Keeping(TimeSpan age) => new() { Retention = new RetentionPolicy { MaxAge = age } };

    /// <summary>
    /// Kills the process at each change to the disk that the action makes; what the second process finds and does says
    /// what the third one, after a power loss, must find.
    /// </summary>
    private static void ForEachKill(
        Func<CommitLog, Task> action, Func<(SimulatedPlatform Machine, CommitLog Log), Action<CommitLog>> use)
    {
        bool done = false;
        for (int kill = 1; !done; kill++)
        {
            using SimulatedPlatform first = new(seed: kill);
            CommitLog log = first.Run(OpenLog.OnAsync(first).AsTask);
            first.Run(log.EnsureTopicAsync("topic", Keeping(TimeSpan.FromDays(2))).AsTask);
            AppendNumbered(log.GetTopic("topic")[0].Log, 1);
            first.Disk.CrashAtMutation(first.Disk.Counters.Mutations + kill);
            Exception? stopped = Record.Exception(() => first.Run(() => action(log)));
            done = stopped is null;

            using SimulatedPlatform second = first.Crash(CrashKind.ProcessKill);
            CommitLog found = second.Run(OpenLog.OnAsync(second).AsTask);
            Action<CommitLog> check = use((second, found));

            using SimulatedPlatform third = second.Crash(CrashKind.PowerLoss);
            CommitLog recovered = third.Run(OpenLog.OnAsync(third).AsTask);
            check(recovered);
            third.Run(recovered.DisposeAsync());
        }
    }
}

using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Backup;

/// <summary>A backup is there whole or opens nowhere, whichever call fails and whenever the power goes.</summary>
public sealed class BackupFaultTests
{
    private const string Target = "/backup";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void BackupAsync_AnyCallFails_LeavesNoHalfBackupAndCanBeRepeated(bool lasts)
    {
        for (int call = 1; ; call++)
        {
            using SimulatedPlatform machine = new(seed: call);
            FaultingFileSystem faults = new(machine.Platform.Files);
            Platform platform = machine.Platform with { Files = faults };
            bool failed = false;
            machine.Run(async () =>
            {
                await using CommitLog log = await FillAsync(platform);
                faults.Reset();
                faults.Fail(new Fault(null, call, FileSystemError.NoSpace) { Lasts = lasts });
                try
                {
                    await log.BackupAsync(Target);
                }
                catch (EmbeddedLogException)
                {
                    failed = true;
                }

                bool fired = faults.Fired > 0;
                faults.Clear();
                Assert.True(failed || !fired || faults.FileExists(Target + "/session"), $"call {call}");
                if (failed && faults.DirectoryExists(Target) && !faults.FileExists(Target + "/session"))
                {
                    Remove(faults, Target);
                }

                if (!faults.FileExists(Target + "/session"))
                {
                    await log.BackupAsync(Target);
                }

                failed = fired;
            });
            machine.Run(() => CheckAsync(machine));
            Assert.Empty(machine.Disk.Violations);
            if (!failed)
            {
                Assert.InRange(call, 50, 5000);
                return;
            }
        }
    }

    /// <summary>From one call on nothing reaches the disk any more; then the power is gone.</summary>
    [Fact]
    public void BackupAsync_PowerLossAtAnyCall_LeavesAllOfItOrNothingThatOpens()
    {
        int whole = 0, half = 0;
        for (int call = 1; whole < 3; call += 3)
        {
            using SimulatedPlatform machine = new(seed: call);
            FaultingFileSystem faults = new(machine.Platform.Files);
            Platform platform = machine.Platform with { Files = faults };
            bool isDone = false;
            machine.Run(async () =>
            {
                CommitLog log = await FillAsync(platform);
                faults.Reset();
                faults.Fail(new Fault(null, call, FileSystemError.DeviceFailure) { Lasts = true });
                try
                {
                    await log.BackupAsync(Target);
                    isDone = faults.Fired == 0;
                }
                catch (EmbeddedLogException)
                {
                    // Whatever is left is looked at after the loss of power.
                }
            });
            using SimulatedPlatform after = machine.Crash(CrashKind.PowerLoss);
            if (after.Platform.Files.FileExists(Target + "/session"))
            {
                after.Run(() => CheckAsync(after));
                whole++;
            }
            else
            {
                Assert.False(isDone);
                half++;
            }
        }

        Assert.True(half > 20, $"{half} cut off");
    }

    /// <summary>A loss of power takes no record from the log that the copy has.</summary>
    [Fact]
    public void BackupAsync_RecordsNotFlushedYet_AreDurableInTheLogAfterwards()
    {
        using SimulatedPlatform machine = new(seed: 1);
        machine.Run(async () =>
        {
            await using CommitLog log = await OpenLog.OnAsync(machine.Platform);
            Topic topic = await log.CreateTopicAsync("topic");
            topic[0].Append(new RawRecord("value"u8));
            Assert.Equal(0, topic[0].DurableOffset);

            await log.BackupAsync(Target);

            Assert.Equal(1, topic[0].DurableOffset);
        });
    }

    /// <summary>A commit beyond the records that were copied would skip those of the copy's own life.</summary>
    [Fact]
    public void BackupAsync_GroupCommitsWhileRecordsAreCopied_HoldsItsCommitFromBefore()
    {
        using SimulatedPlatform machine = new(seed: 1);
        machine.Run(async () =>
        {
            await using CommitLog log = await FillAsync(machine.Platform);
            PartitionLog partition = log.GetTopic("topic")[0].Log;
            Once commit = new(() =>
            {
                log.GetTopic("topic")[0].Append(new RawRecord("later"u8));
                log.Offsets.Commit("group", new PartitionCommit(partition, 31));
            });

            await log.BackupAsync(Target, null, commit);

            Assert.Equal(31, log.Offsets.Effective("group", partition)!.Value.Offset);
        });
        machine.Run(() => CheckAsync(machine));
    }

    private static void Remove(FileSystem files, string directory)
    {
        foreach (string name in files.ListDirectories(directory))
        {
            Remove(files, Path.Combine(directory, name));
        }

        foreach (string name in files.ListFiles(directory))
        {
            files.DeleteFile(Path.Combine(directory, name));
        }

        files.DeleteDirectory(directory);
    }

    private static async Task<CommitLog> FillAsync(Platform platform)
    {
        CommitLog log = await OpenLog.OnAsync(platform);
        Topic topic = await log.CreateTopicAsync("topic", new TopicOptions { Partitions = 2, SegmentBytes = 16 << 10 });
        for (int i = 0; i < 30; i++)
        {
            topic[0].Append(new RawRecord(new byte[1000]));
        }

        // Durable before anything fails: a failed flush would end the log's own partitions.
        long committed = log.Offsets.Commit("group", new PartitionCommit(topic[0].Log, 20))!.Value;
        await log.FlushAsync();
        await log.Offsets.FlushAsync(committed, CancellationToken.None);
        return log;
    }

    private static async Task CheckAsync(SimulatedPlatform machine)
    {
        await using CommitLog copy = await OpenLog.OnAsync(machine.Platform, directory: Target);
        Assert.True(copy.Recovery.Clean);
        Topic topic = copy.GetTopic("topic");
        Assert.Equal((30, 0), (topic[0].EndOffset, topic[1].EndOffset));
        Assert.Equal(20, copy.Offsets.Effective("group", topic[0].Log)!.Value.Offset);
        Assert.True((await copy.VerifyAsync()).IsIntact);
    }

    /// <summary>Does something at the first report about a topic.</summary>
    private sealed class Once(Action action) : IProgress<BackupProgress>
    {
        private Action? _action = action;

        public void Report(BackupProgress value)
        {
            if (value.Partition.Topic == "topic")
            {
                Interlocked.Exchange(ref _action, null)?.Invoke();
            }
        }
    }
}

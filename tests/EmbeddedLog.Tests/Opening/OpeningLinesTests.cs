using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.Files;
using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Validation;
using static EmbeddedLog.Tests.Infrastructure.PartitionEnvironment;

namespace EmbeddedLog.Tests.Opening;

/// <summary>
/// What an opening logs: one line at Information, whatever end the last owner came to, and warnings only of what
/// somebody should look at.
/// </summary>
public sealed class OpeningLinesTests
{
    private const int Partitions = 4;

    [Fact]
    public void Open_NewLog_LogsOneLine()
    {
        using SimulatedPlatform machine = new(seed: 1);
        Assert.Contains("0 partitions with 0 records. It had been closed.", Assert.Single(Told(OpenAndClose(machine))));
    }

    [Fact]
    public void Open_ClosedLog_LogsOneLineWithTheUsersCounts()
    {
        using SimulatedPlatform machine = new(seed: 1);
        CommitLog log = Fill(machine, new Random(1));
        long records = CountOf(log);
        machine.Run(log.DisposeAsync());

        string line = Assert.Single(Told(OpenAndClose(machine)));

        Assert.StartsWith($"Information: Opened the log '{OpenLog.FullDirectory}'", line, StringComparison.Ordinal);
        Assert.Contains($"{Partitions} partitions with {records} records.", line, StringComparison.Ordinal);
    }

    /// <summary>Over many lives, each of which ends in another moment and way.</summary>
    [Fact]
    public void Open_AfterAnyCrash_LogsOneLineAndWarnsOfNothingButLostReads()
    {
        int copied = 0, torn = 0, lowered = 0;
        for (int seed = 0; seed < 60; seed++)
        {
            using SimulatedPlatform machine = new(seed);
            Fill(machine, new Random(seed));
            CrashKind kind = (CrashKind)(seed % 3);
            using SimulatedPlatform after = machine.Crash(kind);

            LogLines lines = OpenAndClose(after, out RecoveryReport report);

            string line = Assert.Single(
                Told(lines), each => each.StartsWith("Information: ", StringComparison.Ordinal));
            PartitionRecoveryReport[] users = [.. report.Partitions.Where(each => each.Partition.Topic == "topic")];
            Assert.Contains(
                $"{Partitions} partitions with {users.Sum(each => each.KeptRecords)} records.", line,
                StringComparison.Ordinal);
            Assert.Contains($"{users.Sum(each => each.CopiedRecords)} records behind", line, StringComparison.Ordinal);
            string size = Units.Size(users.Sum(each => each.TornBytes));
            Assert.Contains($"{size} of unfinished writes", line, StringComparison.Ordinal);
            Assert.Equal(users.Sum(each => each.KeptRecords), report.KeptRecords);
            string[] warnings = [.. Told(lines).Where(each => each != line)];
            Assert.InRange(warnings.Length, 0, kind == CrashKind.PowerLoss ? 1 : 0);
            Assert.All(warnings, each => Assert.StartsWith("Warning: Records that groups had read", each, default));
            copied += report.CopiedRecords > 0 ? 1 : 0;
            torn += report.TornBytes > 0 ? 1 : 0;
            lowered += warnings.Length;
        }

        Assert.True(copied > 10 && torn > 0 && lowered > 0, $"{copied} copied, {torn} torn, {lowered} lowered");
    }

    [Fact]
    public void Open_LoweredCommit_IsReportedOnce()
    {
        for (int seed = 2; ; seed += 3)
        {
            using SimulatedPlatform machine = new(seed);
            Fill(machine, new Random(seed));
            using SimulatedPlatform after = machine.Crash(CrashKind.PowerLoss);
            if (Told(OpenAndClose(after)).Length == 1)
            {
                continue;
            }

            Assert.Single(Told(OpenAndClose(after)));
            return;
        }
    }

    [Fact]
    public void Open_DamagedLog_ThrowsAndLogsNoOpening()
    {
        using SimulatedPlatform machine = new(seed: 1);
        CommitLog log = Fill(machine, new Random(1));
        string checkpoint = Path.Combine(log.Offsets.Log.Directory, CheckpointFile.FileName);
        machine.Run(log.DisposeAsync());
        using (LogFile file = machine.Platform.Files.OpenFile(checkpoint, FileOpening.ReadWrite))
        {
            file.Write(new byte[TwoSlotPage.FileBytes], 0);
        }

        LogLines lines = new();
        Assert.Throws<CorruptLogException>(
            () => machine.Run(OpenLog.OnAsync(machine, new CommitLogOptions { LoggerFactory = lines }).AsTask));
        Assert.Empty(Told(lines));
    }

    private static string[] Told(LogLines lines) =>
        [.. lines.All.Where(line => !line.StartsWith("Debug: ", StringComparison.Ordinal))];

    private static LogLines OpenAndClose(SimulatedPlatform machine) => OpenAndClose(machine, out _);

    private static LogLines OpenAndClose(SimulatedPlatform machine, out RecoveryReport report)
    {
        LogLines lines = new();
        CommitLog log = machine.Run(OpenLog.OnAsync(machine, new CommitLogOptions { LoggerFactory = lines }).AsTask);
        report = log.Recovery;
        machine.Run(log.DisposeAsync());
        return lines;
    }

    private static long CountOf(CommitLog log) => log.GetTopic("topic").Partitions.Sum(each => each.EndOffset);

    private static CommitLog Fill(SimulatedPlatform machine, Random random)
    {
        CommitLog log = machine.Run(OpenLog.OnAsync(machine).AsTask);
        Topic topic = machine.Run(
            log.CreateTopicAsync("topic", new TopicOptions { Partitions = Partitions, SegmentBytes = SegmentBytes }));
        for (int step = 0; step < 20; step++)
        {
            PartitionLog partition = topic[random.Next(Partitions)].Log;
            AppendNumbered(partition, partition.PublishedEnd + random.Next(1, 10));
            log.Offsets.Commit("group", new PartitionCommit(partition, partition.PublishedEnd));
            if (random.Next(4) == 0)
            {
                machine.Run(partition.FlushAsync(partition.PublishedEnd, CancellationToken.None));
                machine.Run(log.Offsets.FlushAsync(log.Offsets.Log.PublishedEnd, CancellationToken.None));
            }
        }

        machine.Run(log.Offsets.FlushAsync(log.Offsets.Log.PublishedEnd, CancellationToken.None));
        return log;
    }
}

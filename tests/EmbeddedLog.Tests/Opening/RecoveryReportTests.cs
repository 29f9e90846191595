using EmbeddedLog.Partitions;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using static EmbeddedLog.Tests.Infrastructure.PartitionEnvironment;

namespace EmbeddedLog.Tests.Opening;

/// <summary>What an opening tells of itself.</summary>
public sealed class RecoveryReportTests
{
    private static readonly TopicOptions s_options = new() { Partitions = 2, SegmentBytes = SegmentBytes };

    [Fact]
    public void Recovery_NewLog_IsCleanAndEmpty()
    {
        using SimulatedPlatform machine = new(seed: 1);
        CommitLog log = Open(machine);

        Assert.True(log.Recovery.Clean);
        PartitionRecoveryReport offsets = Assert.Single(log.Recovery.Partitions);
        Assert.Equal(new TopicPartition("__offsets", 0), offsets.Partition);
        Assert.Equal(0, log.Recovery.KeptRecords + log.Recovery.CopiedRecords + log.Recovery.TornBytes);
        machine.Run(log.DisposeAsync());
    }

    [Fact]
    public void Recovery_ClosedLog_KeepsAllAndCopiesNothing()
    {
        using SimulatedPlatform machine = new(seed: 1);
        CommitLog log = Open(machine);
        AppendNumbered(Create(machine, log)[1].Log, 30);
        machine.Run(log.DisposeAsync());

        log = Open(machine);
        Assert.True(log.Recovery.Clean);
        Assert.Equal(3, log.Recovery.Partitions.Count);
        PartitionRecoveryReport second = log.Recovery.Partitions[1];
        Assert.Equal(new TopicPartition("topic", 1), second.Partition);
        Assert.Equal((true, 0, 30, 30), (second.Clean, second.StartOffset, second.ProvenOffset, second.EndOffset));
        Assert.Equal((30, 0, 0), (second.KeptRecords, second.CopiedRecords, second.RebuiltIndexes));
        machine.Run(log.DisposeAsync());
    }

    [Fact]
    public void Recovery_KilledLog_ReportsAndLogsTheCopiedRecords()
    {
        using SimulatedPlatform machine = new(seed: 1);
        CommitLog killed = Open(machine);
        PartitionLog partition = Create(machine, killed)[0].Log;
        AppendNumbered(partition, 10);
        machine.Run(partition.FlushAsync(10, CancellationToken.None));
        AppendNumbered(partition, 25);

        using SimulatedPlatform after = machine.Crash(CrashKind.ProcessKill);
        using LogLines lines = new();
        CommitLog log = Open(after, new CommitLogOptions { LoggerFactory = lines });
        PartitionRecoveryReport first = log.Recovery.Partitions[0];
        Assert.False(log.Recovery.Clean);
        Assert.False(first.Clean);
        Assert.Equal((25, 25), (first.EndOffset, first.KeptRecords));
        Assert.Equal(25 - first.ProvenOffset, first.CopiedRecords);
        Assert.True(first.CopiedRecords >= 15);
        Assert.Equal(0, first.TornBytes);
        Assert.True(first.RebuiltIndexes >= 1);
        Assert.Equal(log.Recovery.CopiedRecords, first.CopiedRecords);
        Assert.Contains(
            lines.All, line => line.StartsWith("Debug: Recovered partition topic-0", StringComparison.Ordinal));
        after.Run(log.DisposeAsync());
    }

    [Fact]
    public void Recovery_MissingIndex_CountsWhatItMadeAgain()
    {
        using SimulatedPlatform machine = new(seed: 1);
        CommitLog log = Open(machine);
        OwnedPartition partition = Create(machine, log)[0];
        AppendNumbered(partition.Log, 5);
        string index = partition.Log.Segments.Last!.IndexPath;
        machine.Run(log.DisposeAsync());
        Assert.True(machine.Platform.Files.FileExists(index));
        machine.Platform.Files.DeleteFile(index);

        log = Open(machine);
        Assert.Equal(1, log.Recovery.RebuiltIndexes);
        machine.Run(log.DisposeAsync());
    }

    private static CommitLog Open(SimulatedPlatform machine, CommitLogOptions? options = null) =>
        machine.Run(OpenLog.OnAsync(machine, options).AsTask);

    private static Topic Create(SimulatedPlatform machine, CommitLog log) =>
        machine.Run(() => log.CreateTopicAsync("topic", s_options).AsTask());
}

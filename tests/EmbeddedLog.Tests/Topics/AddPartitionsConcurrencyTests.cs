using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Topics;

/// <summary>Partitions are added while others add, delete, close, send, verify and copy.</summary>
public sealed class AddPartitionsConcurrencyTests
{
    private const int Seeds = 40;

    [Fact]
    public void AddPartitionsAsync_SeveralAtOnce_OneWinsAndTheOthersAreTold() => ForEachSeed(async (_, log, topic) =>
    {
        Task[] adding = [.. Enumerable.Range(0, 5).Select(_ => log.AddPartitionsAsync("topic", 4).AsTask())];
        Exception?[] outcomes = await Task.WhenAll(adding.Select(OutcomeOf));

        Assert.Single(outcomes, outcome => outcome is null);
        Assert.All(outcomes.OfType<Exception>(), outcome => Assert.IsType<TopicConflictException>(outcome));
        Assert.Equal(4, topic.PartitionCount);
    });

    [Fact]
    public void AddPartitionsAsync_DifferentTotals_EndAtTheGreatest() => ForEachSeed(async (machine, log, topic) =>
    {
        int[] totals = [3, 5, 4, 7, 6];
        machine.Scheduler.RunOne();
        await Task.WhenAll(totals.Select(total => OutcomeOf(log.AddPartitionsAsync("topic", total).AsTask())));

        Assert.Equal(7, topic.PartitionCount);
        Assert.All(topic.Partitions, partition => Assert.Equal(0, partition.Append(new RawRecord("value"u8))));
    });

    [Fact]
    public void AddPartitionsAsync_WhileTheTopicIsDeleted_AddsBeforeOrIsTold() => ForEachSeed(async (machine, log, _) =>
    {
        Task adding, deleting;
        if (machine.Disk.Counters.Mutations % 2 == 0)
        {
            adding = log.AddPartitionsAsync("topic", 4).AsTask();
            deleting = log.DeleteTopicAsync("topic").AsTask();
        }
        else
        {
            deleting = log.DeleteTopicAsync("topic").AsTask();
            adding = log.AddPartitionsAsync("topic", 4).AsTask();
        }

        await deleting;
        Assert.True(await OutcomeOf(adding) is null or UnknownTopicException);
        Assert.Empty(log.Topics);
        Assert.Empty(machine.Platform.Files.ListDirectories("/log/topics"));
    });

    [Fact]
    public void DisposeAsync_WhilePartitionsAreAdded_WaitsForThem() => ForEachSeed(async (machine, log, topic) =>
    {
        Task adding = log.AddPartitionsAsync("topic", 4).AsTask();
        await log.DisposeAsync();
        Assert.True(adding.IsCompleted);
        Exception? outcome = await OutcomeOf(adding);
        Assert.True(outcome is null or ObjectDisposedException, $"{outcome}");
        Exception? late = await OutcomeOf(log.AddPartitionsAsync("topic", 9).AsTask());
        Assert.IsType<ObjectDisposedException>(late);

        await using CommitLog again = await OpenLog.OnAsync(machine);
        Assert.True(again.Recovery.Clean);
        Assert.Equal(outcome is null ? 4 : 2, again.GetTopic("topic").PartitionCount);
    });

    [Fact]
    public void AddPartitionsAsync_Cancelled_AddsNothing() => ForEachSeed(async (_, log, topic) =>
    {
        using CancellationTokenSource source = new();
        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await log.AddPartitionsAsync("topic", 4, source.Token));

        Assert.Equal(2, topic.PartitionCount);
    });

    [Fact]
    public void VerifyAndBackup_WhilePartitionsAreAdded_FindNoFault() => ForEachSeed(async (machine, log, topic) =>
    {
        Task<VerifyReport> verifying = log.VerifyAsync().AsTask();
        Task<BackupReport> copying = log.BackupAsync("/copy").AsTask();
        for (int total = 3; total < 9; total++)
        {
            await log.AddPartitionsAsync("topic", total);
            topic[total - 1].Append(new RawRecord("value"u8));
            machine.Scheduler.RunOne();
        }

        Assert.Empty((await verifying).Findings);
        await copying;
        await using CommitLog copy = await OpenLog.OnAsync(machine.Platform, directory: "/copy");
        Assert.InRange(copy.GetTopic("topic").PartitionCount, 2, 8);
    });

    private static void ForEachSeed(Func<SimulatedPlatform, CommitLog, Topic, Task> body)
    {
        for (int seed = 1; seed <= Seeds; seed++)
        {
            using SimulatedPlatform machine = new(seed, new SimulationOptions { YieldProbability = 0.3 });
            machine.Run(async () =>
            {
                await using CommitLog log = await OpenLog.OnAsync(machine);
                await body(
                    machine, log, await log.CreateTopicAsync("topic", new TopicOptions { Partitions = 2 }));
            });
            Assert.Empty(machine.Disk.Violations);
            Assert.Empty(machine.Disk.OpenFiles);
        }
    }

    private static async Task<Exception?> OutcomeOf(Task task)
    {
        try
        {
            await task;
            return null;
        }
        catch (Exception outcome) when (outcome is EmbeddedLogException or ObjectDisposedException)
        {
            return outcome;
        }
    }
}

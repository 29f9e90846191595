using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests;

/// <summary>
/// Cancellation of what a whole log does, at the moment at which it waits: nothing is half done, and the log goes on.
/// Producers, consumers and partitions have theirs beside their other tests.
/// </summary>
public sealed class CancellationTests
{
    [Fact]
    public async Task OpenAsync_CancelledBefore_MakesNothing()
    {
        using TempDirectory root = new();
        CancellationToken cancelled = new(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await CommitLog.OpenAsync(root["log"], null, cancelled));
        Assert.False(Directory.Exists(root["log"]));
        await (await CommitLog.OpenAsync(root["log"], null, CancellationToken.None)).DisposeAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await CommitLog.OpenAsync(root["log"], null, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await CommitLog.OpenReadOnlyAsync(root["log"], null, cancelled));
        await using CommitLog log = await CommitLog.OpenAsync(root["log"], null, CancellationToken.None);
        Assert.True(log.Recovery.Clean);
    }

    /// <summary>A deletion waits for its last flush; who changes topics meanwhile waits for the deletion.</summary>
    [Fact]
    public void ChangesOfTopics_CancelledWhileAnotherIsUnderWay_ChangeNothing()
    {
        using SimulatedPlatform machine = new(seed: 1);
        CommitLog log = machine.Run(() => OpenLog.OnAsync(machine).AsTask());
        Topic first = machine.Run(() => log.CreateTopicAsync("first").AsTask());
        Topic second = machine.Run(() => log.CreateTopicAsync("second", Limit(1_000)).AsTask());
        first[0].Append(new RawRecord("value"u8));
        using CancellationTokenSource source = new();

        Task deleting = log.DeleteTopicAsync("first", CancellationToken.None).AsTask();
        Task[] waiting =
        [
            log.CreateTopicAsync("third", null, source.Token).AsTask(),
            log.EnsureTopicAsync("second", Limit(9), source.Token).AsTask(),
            log.DeleteTopicAsync("second", source.Token).AsTask(),
        ];
        Task<Topic> fourth = log.CreateTopicAsync("fourth", null, CancellationToken.None).AsTask();
        Assert.False(deleting.IsCompleted);
        Assert.DoesNotContain(waiting, task => task.IsCompleted);
        source.Cancel();
        foreach (Task task in waiting)
        {
            Assert.ThrowsAny<OperationCanceledException>(() => machine.Run(() => task));
        }

        machine.Run(() => deleting);
        machine.Run(async () => await log.DeleteTopicAsync((await fourth).Name));
        Assert.Equal(second, Assert.Single(log.Topics));
        Assert.Equal(1_000, second.Options.MaxRecordBytes);
        machine.Run(() => log.CreateTopicAsync("third", null, CancellationToken.None).AsTask());
        machine.Run(() => log.DisposeAsync().AsTask());

        static TopicOptions Limit(int bytes) => new() { MaxRecordBytes = bytes };
    }

    [Fact]
    public void FlushAsync_CancelledWhileItWaits_EndsTheWaitingOnly()
    {
        using SimulatedPlatform machine = new(seed: 1);
        CommitLog log = machine.Run(() => OpenLog.OnAsync(machine).AsTask());
        OwnedPartition partition = machine.Run(() => log.CreateTopicAsync("topic").AsTask())[0];
        partition.Append(new RawRecord("value"u8));
        using CancellationTokenSource source = new();

        Task all = log.FlushAsync(source.Token).AsTask();
        Task one = partition.FlushAsync(source.Token).AsTask();
        Assert.False(all.IsCompleted || one.IsCompleted);
        source.Cancel();

        Assert.ThrowsAny<OperationCanceledException>(() => machine.Run(() => all));
        Assert.ThrowsAny<OperationCanceledException>(() => machine.Run(() => one));
        machine.Scheduler.RunUntilIdle();
        Assert.Equal(1, partition.DurableOffset);
        machine.Run(() => log.DisposeAsync().AsTask());
    }

    [Fact]
    public void VerifyAsync_CancelledInTheMiddle_EndsAndLeavesNothingOpen()
    {
        using SimulatedPlatform machine = new(seed: 1);
        machine.Run(async () =>
        {
            CommitLog log = await OpenLog.OnAsync(machine);
            Topic topic = await log.CreateTopicAsync("topic", new TopicOptions { Partitions = 3 });
            foreach (OwnedPartition partition in topic.Partitions)
            {
                partition.Append(new RawRecord("value"u8));
            }

            await log.FlushAsync();
            using CancellationTokenSource source = new();
            Canceller canceller = new(source);

            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                async () => await log.VerifyAsync(null, canceller, source.Token));
            Assert.True(canceller.Told > 0);
            Assert.True((await log.VerifyAsync()).IsIntact);
            await log.DisposeAsync();
        });
        Assert.Empty(machine.Disk.LiveMaps);
    }

    /// <summary>Cancels as soon as it is told of any progress.</summary>
    private sealed class Canceller(CancellationTokenSource source) : IProgress<VerifyProgress>
    {
        public int Told { get; private set; }

        public void Report(VerifyProgress value)
        {
            Told++;
            source.Cancel();
        }
    }
}

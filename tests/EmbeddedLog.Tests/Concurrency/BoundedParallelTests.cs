using EmbeddedLog.Concurrency;
using EmbeddedLog.Opening;
using EmbeddedLog.Testing.Simulation;

namespace EmbeddedLog.Tests.Concurrency;

public sealed class BoundedParallelTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public async Task RunAsync_Items_AreEachDoneOnce(int count)
    {
        int[] done = new int[count];
        await BoundedParallel.RunAsync(
            RealPlatform.Create(TimeProvider.System).Work, count, i => Interlocked.Increment(ref done[i]));
        Assert.All(done, times => Assert.Equal(1, times));
    }

    [Fact]
    public void RunAsync_OneFails_EndsWithThatAndBeginsNoMore()
    {
        using SimulatedPlatform simulation = new(seed: 1);
        List<int> begun = [];
        simulation.Run(async () =>
        {
            InvalidOperationException told = await Assert.ThrowsAsync<InvalidOperationException>(
                () => BoundedParallel.RunAsync(simulation.Platform.Work, 100, FailAtThree));
            Assert.Equal("3", told.Message);
        });
        Assert.Equal([0, 1, 2, 3], begun);

        void FailAtThree(int i)
        {
            begun.Add(i);
            if (i == 3)
            {
                throw new InvalidOperationException($"{i}");
            }
        }
    }

    [Fact]
    public void RunAsync_Few_AreDoneByTheCaller()
    {
        using SimulatedPlatform simulation = new(seed: 1);
        Assert.True(BoundedParallel.RunAsync(simulation.Platform.Work, 8, _ => { }).IsCompletedSuccessfully);
    }

    [Fact]
    public void RunAsync_QueueHasNoThread_AllIsDoneByTheCaller()
    {
        using SimulatedPlatform simulation = new(seed: 1);
        int[] done = new int[100];

        Task all = BoundedParallel.RunAsync(simulation.Platform.Work, done.Length, i => done[i]++);

        Assert.True(all.IsCompletedSuccessfully);
        simulation.Scheduler.RunUntilIdle();
        Assert.All(done, times => Assert.Equal(1, times));
    }
}

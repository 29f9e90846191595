using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Testing.Simulation;

namespace EmbeddedLog.Tests.Concurrency.Work;

public sealed class SerialWorkerTests : IDisposable
{
    private readonly SimulatedPlatform _machine = new(seed: 1);

    private WorkQueue Work => _machine.Platform.Work;

    [Fact]
    public void Request_Several_AreDoneByOneRound()
    {
        int rounds = 0;
        SerialWorker worker = new(Work, () => rounds++);

        worker.Request();
        worker.Request(anyBlocks: true);
        Assert.Equal(0, rounds);
        _machine.Scheduler.RunUntilIdle();

        Assert.Equal(1, rounds);
        worker.Request(anyBlocks: true);
        _machine.Scheduler.RunUntilIdle();
        Assert.Equal(2, rounds);
    }

    [Fact]
    public void Request_DuringARound_IsDoneByTheNextOne()
    {
        int rounds = 0, inside = 0;
        SerialWorker? worker = null;
        worker = new SerialWorker(Work, () =>
        {
            Assert.Equal(1, ++inside);
            if (++rounds < 3)
            {
                worker!.Request();
                worker.Request();
            }

            inside--;
        });

        worker.Request();
        _machine.Scheduler.RunUntilIdle();

        Assert.Equal(3, rounds);
    }

    [Fact]
    public void StopAsync_RequestedAndNotBegun_DoesItHereAndNothingAfterwards()
    {
        int rounds = 0;
        SerialWorker worker = new(Work, () => rounds++);
        worker.Request();

        Assert.True(worker.StopAsync().IsCompletedSuccessfully);
        Assert.Equal(1, rounds);
        worker.Request();
        _machine.Scheduler.RunUntilIdle();

        Assert.Equal(1, rounds);
        Assert.True(worker.StopAsync().IsCompletedSuccessfully);
    }

    [Fact]
    public void StopAsync_DuringARound_CompletesWithItsEnd()
    {
        Task? stopped = null;
        SerialWorker? worker = null;
        worker = new SerialWorker(Work, () =>
        {
            stopped = worker!.StopAsync();
            Assert.False(stopped.IsCompleted);
        });

        worker.Request();
        _machine.Scheduler.RunUntilIdle();

        Assert.True(stopped!.IsCompletedSuccessfully);
    }

    public void Dispose() => _machine.Dispose();
}

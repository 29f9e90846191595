using EmbeddedLog.Concurrency;
using EmbeddedLog.Testing.Simulation;

namespace EmbeddedLog.Tests.Concurrency;

public sealed class AsyncFifoLockTests : IDisposable
{
    private readonly SimulatedPlatform _machine = new(seed: 1);
    private readonly AsyncFifoLock _lock;

    public AsyncFifoLockTests() => _lock = new AsyncFifoLock(_machine.Platform.Work);

    [Fact]
    public void EnterAsync_Occupied_LetsInOneByOneInTheirOrder()
    {
        List<int> inside = [];
        Assert.True(_lock.EnterAsync(default).IsCompletedSuccessfully);
        Task[] waiting = [.. Enumerable.Range(0, 3).Select(PassAsync)];
        _machine.Scheduler.RunUntilIdle();
        Assert.Empty(inside);

        for (int i = 1; i <= 3; i++)
        {
            _lock.Exit();
            Assert.Equal(i - 1, inside.Count);
            _machine.Scheduler.RunUntilIdle();
            Assert.Equal(Enumerable.Range(0, i), inside);
        }

        _lock.Exit();
        Assert.All(waiting, task => Assert.True(task.IsCompletedSuccessfully));
        Assert.True(_lock.EnterAsync(default).IsCompletedSuccessfully);

        async Task PassAsync(int number)
        {
            await _lock.EnterAsync(default);
            inside.Add(number);
        }
    }

    [Fact]
    public void EnterAsync_Cancelled_LetsInTheNext()
    {
        using CancellationTokenSource source = new();
        Assert.True(_lock.EnterAsync(source.Token).IsCompletedSuccessfully);
        Task cancelled = _lock.EnterAsync(source.Token).AsTask();
        Task next = _lock.EnterAsync(default).AsTask();
        source.Cancel();
        Assert.False(cancelled.IsCompleted);
        _machine.Scheduler.RunUntilIdle();

        Assert.True(cancelled.IsCanceled);
        Assert.False(next.IsCompleted);
        Assert.True(_lock.EnterAsync(source.Token).IsCanceled);
        _lock.Exit();
        _machine.Scheduler.RunUntilIdle();
        Assert.True(next.IsCompletedSuccessfully);
    }

    [Fact]
    public void Cancel_AfterEntering_ChangesNothing()
    {
        using CancellationTokenSource source = new();
        Assert.True(_lock.EnterAsync(default).IsCompletedSuccessfully);
        Task next = _lock.EnterAsync(source.Token).AsTask();
        _lock.Exit();
        source.Cancel();
        _machine.Scheduler.RunUntilIdle();

        Assert.True(next.IsCompletedSuccessfully);
        Assert.False(_lock.EnterAsync(default).IsCompleted);
    }

    public void Dispose() => _machine.Dispose();
}

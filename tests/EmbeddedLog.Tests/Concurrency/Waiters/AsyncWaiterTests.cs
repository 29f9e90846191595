using EmbeddedLog.Concurrency.Waiters;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Testing.Simulation;

namespace EmbeddedLog.Tests.Concurrency.Waiters;

public sealed class AsyncWaiterTests : IDisposable
{
    private readonly SimulatedPlatform _machine = new(seed: 1);
    private readonly ObjectPool<AsyncWaiter> _pool;
    private readonly WaiterList _list;

    public AsyncWaiterTests()
    {
        _pool = AsyncWaiter.CreatePool(_machine.Platform.Work);
        _list = new WaiterList(_machine.Platform.Work);
    }

    [Fact]
    public async Task AddTo_ATokenThatDoesNotCall_LetsTheWaiterBeUsedAgain()
    {
        using CancellationTokenSource source = new();
        AsyncWaiter waiter = _pool.Rent();
        ValueTask wait = waiter.AddTo(_list, 1, source.Token);
        Release(1);
        await wait;

        Assert.Same(waiter, _pool.Rent());

        // What the token does from here on is nobody's affair any more.
        wait = waiter.AddTo(_list, 2, CancellationToken.None);
        source.Cancel();
        _machine.Scheduler.RunUntilIdle();
        Assert.False(wait.IsCompleted);
        Release(2);
        Assert.True(wait.IsCompletedSuccessfully);
        await wait;
    }

    [Fact]
    public async Task AddTo_ATokenThatCalls_TakesTheWaiterOffAndDoesNotUseItAgain()
    {
        using CancellationTokenSource source = new();
        AsyncWaiter waiter = _pool.Rent();
        ValueTask wait = waiter.AddTo(_list, 1, source.Token);

        source.Cancel();
        Assert.False(_list.HasAny);
        Assert.False(wait.IsCompleted);
        _machine.Scheduler.RunUntilIdle();

        await Assert.ThrowsAsync<OperationCanceledException>(async () => await wait);
        Assert.NotSame(waiter, _pool.Rent());
    }

    [Fact]
    public async Task AddTo_ATokenThatCallsAfterTheRelease_DoesNotUseTheWaiterAgain()
    {
        using CancellationTokenSource source = new();
        AsyncWaiter waiter = _pool.Rent();
        ValueTask wait = waiter.AddTo(_list, 1, source.Token);
        Release(1);
        source.Cancel();
        await wait;

        Assert.NotSame(waiter, _pool.Rent());
    }

    [Fact]
    public async Task AddTo_ACancelledToken_LeavesNothingOnTheList()
    {
        ValueTask wait = _pool.Rent().AddTo(_list, 1, new CancellationToken(canceled: true));
        _machine.Scheduler.RunUntilIdle();

        Assert.False(_list.HasAny);
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await wait);
    }

    [Fact]
    public async Task GetResult_BeforeTheEnd_ThrowsAndLeavesTheWaitAsItIs()
    {
        ValueTask wait = _pool.Rent().AddTo(_list, 1, CancellationToken.None);

        Assert.Throws<InvalidOperationException>(() => wait.GetAwaiter().GetResult());
        Assert.True(_list.HasAny);
        Release(1);
        await wait;
    }

    [Fact]
    public async Task Wait_WithATokenThatDoesNotCall_AllocatesNothing()
    {
        using CancellationTokenSource source = new();
        await WaitOnceAsync(source.Token);
        await WaitOnceAsync(source.Token);
        long before = GC.GetAllocatedBytesForCurrentThread();

        ValueTask wait = _pool.Rent().AddTo(_list, 1, source.Token);
        long after = GC.GetAllocatedBytesForCurrentThread();
        Release(1);
        await wait;

        Assert.Equal(before, after);
    }

    public void Dispose() => _machine.Dispose();

    private async ValueTask WaitOnceAsync(CancellationToken token)
    {
        ValueTask wait = _pool.Rent().AddTo(_list, 1, token);
        Release(1);
        await wait;
    }

    private void Release(long end)
    {
        _list.ReleaseUpTo(end);
        _machine.Scheduler.RunUntilIdle();
    }
}

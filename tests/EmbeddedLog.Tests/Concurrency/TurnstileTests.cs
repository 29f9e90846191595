using EmbeddedLog.Concurrency;
using EmbeddedLog.Testing.Simulation;

namespace EmbeddedLog.Tests.Concurrency;

public sealed class TurnstileTests : IDisposable
{
    private readonly SimulatedPlatform _machine = new(seed: 1);
    private readonly Turnstile _turnstile;

    public TurnstileTests() => _turnstile = new Turnstile(_machine.Platform.Work);

    [Fact]
    public void EnterAsync_Occupied_LetsInOneByOneInTheirOrder()
    {
        List<int> inside = [];
        Assert.True(_turnstile.EnterAsync(default).IsCompletedSuccessfully);
        Task[] waiting = [.. Enumerable.Range(0, 3).Select(PassAsync)];
        _machine.Scheduler.RunUntilIdle();
        Assert.Empty(inside);

        for (int i = 1; i <= 3; i++)
        {
            _turnstile.Exit();
            Assert.Equal(i - 1, inside.Count);
            _machine.Scheduler.RunUntilIdle();
            Assert.Equal(Enumerable.Range(0, i), inside);
        }

        _turnstile.Exit();
        Assert.All(waiting, task => Assert.True(task.IsCompletedSuccessfully));
        Assert.True(_turnstile.EnterAsync(default).IsCompletedSuccessfully);

        async Task PassAsync(int number)
        {
            await _turnstile.EnterAsync(default);
            inside.Add(number);
        }
    }

    [Fact]
    public void EnterAsync_Cancelled_LetsInTheNext()
    {
        using CancellationTokenSource source = new();
        Assert.True(_turnstile.EnterAsync(source.Token).IsCompletedSuccessfully);
        Task cancelled = _turnstile.EnterAsync(source.Token).AsTask();
        Task next = _turnstile.EnterAsync(default).AsTask();
        source.Cancel();
        Assert.False(cancelled.IsCompleted);
        _machine.Scheduler.RunUntilIdle();

        Assert.True(cancelled.IsCanceled);
        Assert.False(next.IsCompleted);
        Assert.True(_turnstile.EnterAsync(source.Token).IsCanceled);
        _turnstile.Exit();
        _machine.Scheduler.RunUntilIdle();
        Assert.True(next.IsCompletedSuccessfully);
    }

    [Fact]
    public void Cancel_OfOneWhoWasLetIn_ChangesNothing()
    {
        using CancellationTokenSource source = new();
        Assert.True(_turnstile.EnterAsync(default).IsCompletedSuccessfully);
        Task next = _turnstile.EnterAsync(source.Token).AsTask();
        _turnstile.Exit();
        source.Cancel();
        _machine.Scheduler.RunUntilIdle();

        Assert.True(next.IsCompletedSuccessfully);
        Assert.False(_turnstile.EnterAsync(default).IsCompleted);
    }

    public void Dispose() => _machine.Dispose();
}

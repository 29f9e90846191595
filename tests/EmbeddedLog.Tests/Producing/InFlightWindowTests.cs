using EmbeddedLog.Producing;
using EmbeddedLog.Testing.Simulation;

namespace EmbeddedLog.Tests.Producing;

/// <summary>The queue for room.</summary>
public sealed class InFlightWindowTests : IDisposable
{
    private readonly SimulatedPlatform _machine = new(seed: 1);

    [Fact]
    public void Cancel_InTheMiddleOfTheQueue_LeavesItAtOnce()
    {
        InFlightWindow window = new(_machine.Platform.Work, maxBytes: 100);
        Assert.True(window.TryTake(100));
        using CancellationTokenSource source = new();
        Task first = window.EnqueueAsync(60, () => 60, CancellationToken.None);
        Task[] cancelled = [.. Enumerable.Range(0, 100).Select(_ => window.EnqueueAsync(60, null, source.Token))];
        Task last = window.EnqueueAsync(40, () => 40, CancellationToken.None);
        _machine.Scheduler.RunUntilIdle();
        Assert.Equal(102, window.Queued);

        source.Cancel();
        Assert.Equal(2, window.Queued);
        _machine.Scheduler.RunUntilIdle();
        Assert.All(cancelled, task => Assert.True(task.IsCanceled));
        Assert.False(first.IsCompleted);

        window.Release(100);
        _machine.Scheduler.RunUntilIdle();
        Assert.True(first.IsCompletedSuccessfully && last.IsCompletedSuccessfully);
        Assert.Equal((0, 100), (window.Queued, window.Bytes));
    }

    [Fact]
    public void Cancel_OfTheHead_LetsTheNextIn()
    {
        InFlightWindow window = new(_machine.Platform.Work, maxBytes: 100);
        Assert.True(window.TryTake(50));
        using CancellationTokenSource source = new();
        Task head = window.EnqueueAsync(60, null, source.Token);
        Task next = window.EnqueueAsync(50, () => 50, CancellationToken.None);
        _machine.Scheduler.RunUntilIdle();
        Assert.False(next.IsCompleted);

        source.Cancel();
        _machine.Scheduler.RunUntilIdle();

        Assert.True(head.IsCanceled);
        Assert.True(next.IsCompletedSuccessfully);
    }

    [Fact]
    public void Enqueue_CancelledBefore_StaysInNoQueue()
    {
        InFlightWindow window = new(_machine.Platform.Work, maxBytes: 100);
        Assert.True(window.TryTake(100));
        Task first = window.EnqueueAsync(60, null, CancellationToken.None);
        Task cancelled = window.EnqueueAsync(60, null, new CancellationToken(canceled: true));
        _machine.Scheduler.RunUntilIdle();

        Assert.Equal(1, window.Queued);
        Assert.True(cancelled.IsCanceled);
        Assert.False(first.IsCompleted);
    }

    public void Dispose() => _machine.Dispose();
}

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

    /// <summary>The head is looked at each time that there might be room.</summary>
    [Fact]
    public void EnqueueAndLeave_AmongMany_LookAtNoOtherButTheHead()
    {
        InFlightWindow window = new(_machine.Platform.Work, maxBytes: 100);
        Assert.True(window.TryTake(100));
        CountingWaiter[] waiters = [.. Enumerable.Range(0, 500).Select(_ => new CountingWaiter())];
        Array.ForEach(waiters, window.Enqueue);
        _machine.Scheduler.RunUntilIdle();
        Assert.Equal(500, window.Queued);

        foreach (CountingWaiter leaving in waiters.Skip(1).Reverse())
        {
            leaving.HasLeft = true;
            window.Leave(leaving);
        }

        Assert.Equal(1, window.Queued);
        Assert.All(waiters.Skip(1), waiter => Assert.InRange(waiter.Looks, 1, 10));
    }

    public void Dispose() => _machine.Dispose();

    /// <summary>Counts how often the window looks at it.</summary>
    private sealed class CountingWaiter : IRoomWaiter
    {
        private readonly LinkedListNode<IRoomWaiter> _node;

        public CountingWaiter() => _node = new LinkedListNode<IRoomWaiter>(this);

        public int Looks { get; private set; }

        public bool HasLeft { get; set; }

        public long Bytes => Look(60);

        public LinkedListNode<IRoomWaiter> QueueNode => Look(_node);

        public bool IsCancelled => Look(HasLeft);

        public long TakeTurn() => Look(0);

        public override bool Equals(object? obj) => Look(ReferenceEquals(this, obj));

        public override int GetHashCode() => Look(0);

        private T Look<T>(T value)
        {
            Looks++;
            return value;
        }
    }
}

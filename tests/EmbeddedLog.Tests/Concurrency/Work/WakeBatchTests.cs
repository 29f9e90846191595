using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Tests.Concurrency.Work;

public sealed class WakeBatchTests
{
    private readonly HeldQueue _queue = new();
    private readonly List<int> _ran = [];

    [Fact]
    public void Queue_Many_RunsEachOnceInOrderAndQueuesWhatFollowsWithTheLast()
    {
        AssuredWork then = new(_queue, new Item(() => _ran.Add(-1)));

        Assert.True(WakeBatch.Queue(_queue, Items(10), then));
        Assert.Single(_queue.Held);
        _queue.RunAll();

        Assert.Equal([.. Enumerable.Range(0, 10), -1], _ran);
    }

    [Fact]
    public void Queue_AFew_QueuesEachByItselfAndNotWhatFollows()
    {
        AssuredWork then = new(_queue, new Item(() => _ran.Add(-1)));

        Assert.False(WakeBatch.Queue(_queue, Items(3), then));
        Assert.Equal(3, _queue.Held.Count);
        _queue.RunAll();

        Assert.Equal([0, 1, 2], _ran);
    }

    [Fact]
    public void Queue_Many_WhatFollowsCanBeBegunBeforeThemAndIsDoneOnce()
    {
        AssuredWork then = new(_queue, new Item(() => _ran.Add(-1)));

        Assert.True(WakeBatch.Queue(_queue, Items(4), then));
        Assert.True(then.IsDue);
        then.Execute();
        _queue.RunAll();

        Assert.Equal([-1, 0, 1, 2, 3], _ran);
    }

    /// <summary>An awaiter that blocks its thread on what a later one does would otherwise wait for ever.</summary>
    [Fact]
    public void Execute_AnItemThatBlocks_LeavesTheOthersToAnotherThread()
    {
        List<IThreadPoolWorkItem> items = Items(10);
        items[0] = new Item(() =>
        {
            // What another thread of the queue does while this one is blocked.
            _queue.RunAll();
            _ran.Add(0);
        });

        Assert.True(WakeBatch.Queue(_queue, items, new AssuredWork(_queue, new Item(() => _ran.Add(-1)))));
        _queue.RunAll();

        Assert.Equal([.. Enumerable.Range(1, 9), -1, 0], _ran);
    }

    private List<IThreadPoolWorkItem> Items(int count) =>
        [.. Enumerable.Range(0, count).Select(number => new Item(() => _ran.Add(number)))];

    private sealed class Item(Action action) : IThreadPoolWorkItem
    {
        public void Execute() => action();
    }

    /// <summary>Runs what is queued when it is told to, on the caller's thread.</summary>
    private sealed class HeldQueue : WorkQueue
    {
        public Queue<IThreadPoolWorkItem> Held { get; } = new();

        public override void Queue(IThreadPoolWorkItem item) => Held.Enqueue(item);

        public void RunAll()
        {
            while (Held.TryDequeue(out IThreadPoolWorkItem? item))
            {
                item.Execute();
            }
        }
    }
}

using EmbeddedLog.Concurrency.Waiters;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Tests.Producing;

namespace EmbeddedLog.Tests.Partitions.Flushing;

/// <summary>Waiting for a flush, on the list or by a task.</summary>
public sealed class FlushWaiterTests
{
    [Fact]
    public void AddFlushWaiter_NotDurable_IsReleasedByAFlushRequestedElsewhere()
    {
        using ProducerFixture topic = new();
        PartitionLog log = topic.Partitions[0].Log;
        Append(log);
        Waiter waiter = new() { Target = 1 };

        log.AddFlushWaiter(waiter);
        topic.Settle();
        Assert.Equal(0, waiter.Releases);

        log.RequestFlush();
        topic.Settle();
        Assert.Equal((1, null), (waiter.Releases, waiter.Failure));
    }

    [Fact]
    public void AddFlushWaiter_Durable_IsReleasedAtOnce()
    {
        using ProducerFixture topic = new();
        PartitionLog log = topic.Partitions[0].Log;
        Append(log);
        topic.Run(log.FlushAsync(1, CancellationToken.None));
        Waiter waiter = new() { Target = 1 };

        log.AddFlushWaiter(waiter);

        Assert.Equal((1, null), (waiter.Releases, waiter.Failure));
    }

    [Fact]
    public void AddFlushWaiter_WhenTheFlushFailsOrHasFailed_IsReleasedWithTheReason()
    {
        using ProducerFixture topic = new();
        PartitionLog log = topic.Partitions[0].Log;
        Append(log);
        topic.Run(log.FlushAsync(1, CancellationToken.None));
        Append(log);
        Waiter before = new() { Target = 2 };
        log.AddFlushWaiter(before);
        topic.Files.Reset();
        topic.Files.Fail(FaultKind.Flush, 1, FileSystemError.DeviceFailure);
        log.RequestFlush();
        topic.Settle();

        Waiter after = new() { Target = 2 };
        log.AddFlushWaiter(after);
        Waiter durable = new() { Target = 1 };
        log.AddFlushWaiter(durable);

        Assert.IsType<PartitionFailedException>(before.Failure);
        Assert.Same(before.Failure, after.Failure);
        Assert.Equal((1, 1, 1), (before.Releases, after.Releases, durable.Releases));
        Assert.Null(durable.Failure);
    }

    [Fact]
    public void AddFlushWaiter_AfterClosing_IsReleased()
    {
        using ProducerFixture topic = new();
        PartitionLog log = topic.Partitions[0].Log;
        topic.Machine.Run(() => topic.CloseAsync().AsTask());
        Waiter waiter = new() { Target = 1 };

        log.AddFlushWaiter(waiter);

        Assert.IsType<ObjectDisposedException>(waiter.Failure);
    }

    [Fact]
    public void FlushAsync_ResultTakenTooEarlyOrTwice_ThrowsAndHarmsNoOther()
    {
        using ProducerFixture topic = new();
        PartitionLog log = topic.Partitions[0].Log;
        Append(log);
        ValueTask first = log.FlushAsync(1, CancellationToken.None);
        Assert.Throws<InvalidOperationException>(() => Finish(first));
        topic.Settle();
        Finish(first);
        Assert.Throws<InvalidOperationException>(() => Finish(first));

        Append(log);
        ValueTask second = log.FlushAsync(2, CancellationToken.None);
        ValueTask third = log.FlushAsync(2, CancellationToken.None);
        Assert.Throws<InvalidOperationException>(() => Finish(first));
        Assert.False(second.IsCompleted);
        topic.Settle();
        Finish(second);
        Finish(third);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void FlushAsync_ManyCallersThatAppendAgainOnceReleased_ShareEachFlush(int seed)
    {
        const int Loops = 16;
        const int Appends = 10;
        using ProducerFixture topic = new(seed: seed);
        PartitionLog log = topic.Partitions[0].Log;
        Append(log);
        topic.Run(log.FlushAsync(1, CancellationToken.None));
        topic.Files.Reset();

        Task[] loops = [.. Enumerable.Range(0, Loops).Select(_ => AppendAndAwaitAsync(log, Appends))];
        topic.Settle();

        Assert.All(loops, loop => Assert.True(loop.IsCompletedSuccessfully));
        Assert.Equal(1 + (Loops * Appends), log.DurableEnd);
        Assert.Equal(Appends, topic.Files.CountOf(FaultKind.Flush));
    }

    private static async Task AppendAndAwaitAsync(PartitionLog log, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Append(log);
            await log.FlushAsync(log.PublishedEnd, CancellationToken.None);
        }
    }

    private static void Append(PartitionLog log) => log.Append(new RawRecord("v"u8), out _);

    /// <summary>What an awaiter does at the end, without waiting.</summary>
    private static void Finish(ValueTask task) => task.GetAwaiter().GetResult();

    private sealed class Waiter : OffsetWaiter
    {
        public int Releases { get; private set; }

        public Exception? Failure { get; private set; }

        public override void Release(Exception? failure)
        {
            Releases++;
            Failure = failure;
        }
    }
}

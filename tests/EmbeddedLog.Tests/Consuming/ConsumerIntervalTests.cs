using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Consuming;

/// <summary>Commits that the consumer makes by itself.</summary>
public sealed class ConsumerIntervalTests : IDisposable
{
    private readonly SimulatedPlatform _simulation = new(seed: 1);

    [Fact]
    public void Interval_HasPassed_CommitsWhatIsFinishedAndNoMore()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(10);
        Consumer<string, string> consumer = Consume(topic);
        _simulation.Run(() => consumer.TakeAsync(4));
        Advance(9);
        Assert.Null(topic.Committed());

        Advance(1);
        Assert.Equal(3, topic.Committed());

        // Nothing is finished since, so that nothing is to be done.
        long end = topic.Offsets.Log.PublishedEnd;
        Advance(60);
        Assert.Equal(end, topic.Offsets.Log.PublishedEnd);

        _simulation.Run(() => consumer.TakeAsync(2));
        Advance(10);
        Assert.Equal(4, topic.Committed());
        _simulation.Run(consumer.DisposeAsync());
    }

    [Fact]
    public void Dispose_WithAnInterval_CommitsWhatIsFinishedAndNoMore() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(10);
        Consumer<string, string> consumer = Consume(topic, Durability.Flushed);
        await consumer.TakeAsync(4);

        await consumer.DisposeAsync();

        Assert.Equal(3, topic.Committed());
        Assert.Equal(1, topic.Offsets.Log.DurableEnd);
        Assert.Null(_simulation.Time.UntilNextTimer is { } next && next == TimeSpan.FromSeconds(10) ? next : null);
    });

    [Fact]
    public void Dispose_WithoutAnInterval_CommitsNothing() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(10);
        await using (Consumer<string, string> consumer = topic.Consume())
        {
            await consumer.TakeAsync(4);
        }

        Assert.Null(topic.Committed());
    });

    [Fact]
    public void Interval_CommitFails_TheNextReadSaysSoOnceAndLosesNothing()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(10);
        Consumer<string, string> consumer = Consume(topic);
        _simulation.Run(() => consumer.TakeAsync(4));
        _simulation.Disk.CapacityBytes = _simulation.Disk.UsedBytes;
        Advance(10);
        Assert.Null(topic.Committed());
        _simulation.Disk.CapacityBytes = long.MaxValue;

        Assert.Throws<DiskFullException>(() => _simulation.Run(() => consumer.TakeAsync(1)));
        Assert.Contains(topic.Logged.All, line => line.Contains("The interval commit of group group failed"));
        Assert.Equal(["3"], _simulation.Run(() => consumer.TakeFinishedAsync(1)).Values());
        _simulation.Run(consumer.DisposeAsync());
        Assert.Equal(4, topic.Committed());
    }

    [Fact]
    public void Interval_CommitFailsDuringARead_TheReadSaysSo()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(10);
        Consumer<string, string> consumer = Consume(topic);
        IAsyncEnumerator<Record<string, string>> records = consumer.ReadAllAsync().GetAsyncEnumerator();
        Assert.True(_simulation.Run(records.MoveNextAsync()));
        Assert.True(_simulation.Run(records.MoveNextAsync()));
        _simulation.Disk.CapacityBytes = _simulation.Disk.UsedBytes;
        Advance(10);

        Assert.Throws<DiskFullException>(() => _simulation.Run(records.MoveNextAsync()));
        _simulation.Disk.CapacityBytes = long.MaxValue;
        Assert.Equal(["2"], _simulation.Run(() => consumer.TakeAsync(1)).Values());
        _simulation.Run(consumer.DisposeAsync());
    }

    [Fact]
    public void Interval_CommitFails_TheNextCommitSaysSoOnce()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(10);
        Consumer<string, string> consumer = Consume(topic);
        _simulation.Run(() => consumer.TakeAsync(4));
        _simulation.Disk.CapacityBytes = _simulation.Disk.UsedBytes;
        Advance(10);
        _simulation.Disk.CapacityBytes = long.MaxValue;

        Assert.Throws<DiskFullException>(() => _simulation.Run(consumer.CommitFinishedAsync()));
        _simulation.Run(consumer.CommitFinishedAsync());
        Assert.Equal(3, topic.Committed());
        _simulation.Run(consumer.DisposeAsync());
    }

    [Fact]
    public void Interval_FlushFails_DisposeSaysSoAndTheGroupIsFree()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(10);
        Consumer<string, string> consumer = Consume(topic, Durability.Flushed);
        _simulation.Run(() => consumer.TakeAsync(4));
        _simulation.Disk.FailNextFlush();
        Advance(10);

        Assert.Throws<PartitionFailedException>(() => _simulation.Run(consumer.DisposeAsync()));
        _simulation.Run(topic.Consume().DisposeAsync());
    }

    /// <summary>What waits for the commit goes on where it ends, and not on a thread that nobody has given.</summary>
    [Fact]
    public void Dispose_WhileAnIntervalCommitWaitsForItsFlush_GoesOnOnTheWorkQueue()
    {
        FaultingFileSystem files = new(_simulation.Platform.Files);
        files.CreateDirectory(OpenLog.Directory);
        files.SyncDirectory("/");
        TopicFixture topic = new(_simulation.Platform with { Files = files }, OpenLog.Directory);
        topic.AppendNumbers(10);
        Consumer<string, string> consumer = Consume(topic, Durability.Flushed);
        _simulation.Run(() => consumer.TakeAsync(4));
        Task? disposing = null;
        int thread = 0;
        files.Seen = (kind, path) =>
        {
            if (kind == FaultKind.Flush && path.Contains("groups", StringComparison.Ordinal))
            {
                disposing ??= DisposeAsync();
            }
        };

        Advance(10);
        _simulation.Scheduler.RunUntilIdle();

        Assert.Equal(Environment.CurrentManagedThreadId, thread);
        disposing!.Ended();
        Assert.Equal(3, topic.Committed());

        async Task DisposeAsync()
        {
            await consumer.DisposeAsync();
            thread = Environment.CurrentManagedThreadId;
        }
    }

    /// <summary>However often the interval passes meanwhile, and whatever is finished.</summary>
    [Fact]
    public void Interval_AFlushDoesNotEnd_NoOtherCommitBeginsAndOneFollows()
    {
        FaultingFileSystem files = new(_simulation.Platform.Files);
        files.CreateDirectory(OpenLog.Directory);
        files.SyncDirectory("/");
        TopicFixture topic = new(_simulation.Platform with { Files = files }, OpenLog.Directory);
        topic.AppendNumbers(30);
        TimeSpan interval = TimeSpan.FromMilliseconds(1);
        Consumer<string, string> consumer = topic.Consume(options: new ConsumerOptions
        {
            CommitInterval = interval,
            CommitDurability = Durability.Flushed,
        });
        IReadOnlyList<Record<string, string>> batch = _simulation.Run(() => TakeBatchAsync(consumer));
        List<long> commits = [];
        files.Seen = (kind, path) =>
        {
            if (kind != FaultKind.Flush || !path.Contains("groups", StringComparison.Ordinal))
            {
                return;
            }

            // In the middle of the flush.
            files.Seen = null;
            for (int i = 1; i < 20; i++)
            {
                FinishAndPass(batch[i]);
                commits.Add(topic.Offsets.Log.PublishedEnd);
            }
        };

        FinishAndPass(batch[0]);

        Assert.Equal(19, commits.Count);
        Assert.All(commits, count => Assert.Equal(1, count));
        Assert.Equal(1, topic.Committed());
        Assert.Equal(1, topic.Offsets.Log.DurableEnd);

        // The next one, an interval after the end, has all of it.
        Advance(interval);
        Assert.Equal(20, topic.Committed());
        Assert.Equal(2, topic.Offsets.Log.DurableEnd);
        Advance(10 * interval);
        Assert.Equal(2, topic.Offsets.Log.PublishedEnd);
        FinishAndPass(batch[20]);
        Assert.Equal(21, topic.Committed());
        _simulation.Run(consumer.DisposeAsync());

        void FinishAndPass(Record<string, string> record)
        {
            consumer.Finish(record);
            Advance(interval);
        }
    }

    public void Dispose() => _simulation.Dispose();

    private static async Task<IReadOnlyList<Record<string, string>>> TakeBatchAsync(
        Consumer<string, string> consumer)
    {
        await foreach (IReadOnlyList<Record<string, string>> batch in consumer.ReadBatchesAsync(100))
        {
            return batch;
        }

        throw new InvalidOperationException("A read without end has ended.");
    }

    private static Consumer<string, string> Consume(
        TopicFixture topic, Durability durability = Durability.Written) =>
        topic.Consume(options: new ConsumerOptions
        {
            CommitInterval = TimeSpan.FromSeconds(10),
            CommitDurability = durability,
        });

    private void Advance(int seconds) => Advance(TimeSpan.FromSeconds(seconds));

    private void Advance(TimeSpan time)
    {
        // The timer is set by an item of the queue.
        _simulation.Scheduler.RunUntilIdle();
        _simulation.Time.Advance(time);
        _simulation.Scheduler.RunUntilIdle();
    }
}

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

    public void Dispose() => _simulation.Dispose();

    private static Consumer<string, string> Consume(
        TopicFixture topic, Durability durability = Durability.Written) =>
        topic.Consume(options: new ConsumerOptions
        {
            CommitInterval = TimeSpan.FromSeconds(10),
            CommitDurability = durability,
        });

    private void Advance(int seconds)
    {
        // The timer is set by an item of the queue.
        _simulation.Scheduler.RunUntilIdle();
        _simulation.Time.Advance(TimeSpan.FromSeconds(seconds));
        _simulation.Scheduler.RunUntilIdle();
    }
}

using EmbeddedLog.IO;
using EmbeddedLog.Opening;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests;

/// <summary>What every <see cref="ILogReader"/> promises. The log is filled by an <see cref="ICommitLog"/>.</summary>
public abstract class LogReaderContractTests : IAsyncLifetime
{
    private readonly TempDirectory _root = new();

    /// <summary>Who makes topics and sends.</summary>
    protected ICommitLog Owner { get; private set; } = null!;

    /// <summary>What is tested.</summary>
    protected ILogReader Reader { get; private set; } = null!;

    /// <summary>
    /// Whether a flush is known at once. To another process the owner tells it through a map, which counts where the
    /// system says that both see the same memory; elsewhere the last checkpoint tells it, later.
    /// </summary>
    private bool KnowsWhatIsFlushed
    {
        get
        {
            FileSystem files = RealPlatform.Create(TimeProvider.System).Files;
            return Reader is CommitLog
                || (files.GetTraits(_root.Path).CanMap && files.GetCacheIdentity(_root.Path).IsKnown);
        }
    }

    public async ValueTask InitializeAsync()
    {
        Owner = await CommitLog.OpenAsync(_root["log"]);
        Reader = await OpenReaderAsync(Owner, _root["log"]);
    }

    public async ValueTask DisposeAsync()
    {
        await Reader.DisposeAsync();
        await Owner.DisposeAsync();
        _root.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task ListTopicsAsync_OfANewLog_IsEmpty() => Assert.Empty(await Reader.ListTopicsAsync());

    [Fact]
    public async Task ListTopicsAsync_IsAllTopicsByName()
    {
        await Owner.CreateTopicAsync("b", new TopicOptions { Partitions = 3 });
        await Owner.CreateTopicAsync("a");
        await Owner.CreateTopicAsync("c");
        await Owner.DeleteTopicAsync("c");

        IReadOnlyList<TopicDescription> topics = await Reader.ListTopicsAsync();

        Assert.Equal(["a", "b"], topics.Select(topic => topic.Name));
        Assert.Equal(
            [new("b", 0), new("b", 1), new TopicPartition("b", 2)],
            topics[1].Partitions.Select(partition => partition.Partition));
    }

    [Fact]
    public async Task DescribeTopicAsync_IsAsOfNow()
    {
        await Owner.CreateTopicAsync("t", new TopicOptions { Partitions = 2, SegmentBytes = 1 << 20 });
        PartitionDescription empty = (await Reader.DescribeTopicAsync("t")).Partitions[0];
        DateTimeOffset last = await ProduceAsync("t", partition: 0, count: 3);

        TopicDescription topic = await Reader.DescribeTopicAsync("t");

        Assert.Equal(("t", 2, 1 << 20), (topic.Name, topic.Options.Partitions, topic.Options.SegmentBytes));
        PartitionDescription filled = topic.Partitions[0];
        Assert.Equal((0, 3), (filled.StartOffset, filled.EndOffset));
        Assert.InRange(filled.DurableOffset, KnowsWhatIsFlushed ? 3 : 0, 3);
        Assert.Equal(last, filled.LastTimestamp);
        Assert.Equal(1, filled.Segments);
        Assert.True(filled.SizeBytes > empty.SizeBytes);
        Assert.Null(filled.Failure);
        Assert.Equal(topic.Partitions.Sum(partition => partition.SizeBytes), topic.SizeBytes);

        Assert.Equal((0, 0), (topic.Partitions[1].EndOffset, topic.Partitions[1].DurableOffset));
        Assert.Null(topic.Partitions[1].LastTimestamp);
        Assert.Equal(0, empty.EndOffset);
    }

    [Fact]
    public async Task DescribeTopicAsync_OptionsOfTheAnswer_AreTheCallersOwn()
    {
        await Owner.CreateTopicAsync("t");
        TopicDescription first = await Reader.DescribeTopicAsync("t");
        first.Options.Retention.MaxAge = TimeSpan.FromSeconds(1);

        Assert.Equal(TimeSpan.FromDays(7), (await Reader.DescribeTopicAsync("t")).Options.Retention.MaxAge);
    }

    [Fact]
    public async Task DescribeTopicAsync_Unknown_FailsTheTaskAndNamesTheNearest()
    {
        await Owner.CreateTopicAsync("page-views");

        ValueTask<TopicDescription> task = Reader.DescribeTopicAsync("page-veiws");

        var failure = await Assert.ThrowsAsync<UnknownTopicException>(async () => await task);
        Assert.Equal("page-veiws", failure.Topic);
        Assert.Contains("Did you mean 'page-views'?", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Describing_Cancelled_CancelsTheTask()
    {
        CancellationToken cancelled = new(canceled: true);

        Assert.True(Reader.ListTopicsAsync(cancelled).IsCanceled);
        Assert.True(Reader.DescribeTopicAsync("t", cancelled).IsCanceled);
        await Owner.CreateTopicAsync("t");
    }

    [Fact]
    public async Task CreateConsumer_ReadsWhatWasSent()
    {
        await Owner.CreateTopicAsync("t", new TopicOptions { Partitions = 2 });
        await ProduceAsync("t", partition: 0, count: 3);
        await ProduceAsync("t", partition: 1, count: 2);
        await using IConsumer<string, int> consumer = Reader.CreateConsumer<string, int>("t");

        List<(int Partition, long Offset, int Value)> read = [];
        await foreach (Record<string, int> record in consumer.ReadToEndAsync())
        {
            read.Add((record.Partition, record.Offset, record.Value));
        }

        Assert.Equal([(0, 0, 0), (0, 1, 1), (0, 2, 2), (1, 0, 0), (1, 1, 1)], read.Order());
    }

    [Fact]
    public void CreateConsumer_OfNoTopic_IsRefused() =>
        Assert.Throws<UnknownTopicException>(() => Reader.CreateConsumer<string, int>("none"));

    [Fact]
    public async Task AnyCall_AfterDisposal_ThrowsAndDisposingAgainDoesNothing()
    {
        await Owner.CreateTopicAsync("t");
        await Reader.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await Reader.ListTopicsAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await Reader.DescribeTopicAsync("t"));
        Assert.Throws<ObjectDisposedException>(() => Reader.CreateConsumer<string, int>("t"));
        await Reader.DisposeAsync();
        Reader.Dispose();
    }

    [Fact]
    public async Task Consumer_DisposedAfterItsLog_DoesNothing()
    {
        await Owner.CreateTopicAsync("t");
        IConsumer<string, int> one = Reader.CreateConsumer<string, int>("t");
        IConsumer<string, int> other = Reader.CreateConsumer<string, int>("t");

        await Reader.DisposeAsync();

        await one.DisposeAsync();
        other.Dispose();
        await one.DisposeAsync();
    }

    /// <summary>Opens what is tested: the owner itself, or what follows it.</summary>
    private protected abstract ValueTask<ILogReader> OpenReaderAsync(ICommitLog owner, string directory);

    /// <summary>Sends the numbers from zero on; returns the time of the last.</summary>
    protected async Task<DateTimeOffset> ProduceAsync(string topic, int partition, int count)
    {
        await using IProducer<string, int> producer = Owner.CreateProducer<string, int>(topic);
        DateTimeOffset last = default;
        for (int i = 0; i < count; i++)
        {
            last = (await producer.ProduceAsync(new("k", i) { Partition = partition })).Timestamp;
        }

        return last;
    }
}

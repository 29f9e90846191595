using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Serialization.Json;

namespace EmbeddedLog.Tests.Producing;

/// <summary>Producers as a log makes them.</summary>
public sealed class CreateProducerTests
{
    [Fact]
    public async Task CreateProducer_OnARealDisk_SendsWhatIsThereAfterReopening()
    {
        using TempDirectory root = new();
        await using (CommitLog log = await CommitLog.OpenAsync(root["data"]))
        {
            await log.EnsureTopicAsync("page-views", new TopicOptions { Partitions = 4 });
            await using Producer<string, PageView> producer = log.CreateProducer<string, PageView>("page-views");
            RecordMetadata sent = await producer.ProduceAsync("site-7", new PageView("/home"));
            Assert.Equal(("page-views", 0), (sent.Topic, sent.Offset));
            Assert.Equal(1, log.GetTopic("page-views")[sent.Partition].DurableOffset);
        }

        await using (CommitLog log = await CommitLog.OpenAsync(root["data"]))
        {
            StoredRecord stored = Assert.Single(log.GetTopic("page-views").Partitions.SelectMany(StoredRecord.ReadAll));
            Assert.Equal(("site-7", """{"Path":"/home"}"""), (stored.KeyText, stored.ValueText));
        }
    }

    [Fact]
    public async Task CreateProducer_SerializersGiven_AreUsedAndReadBackByTheirLike()
    {
        using TempDirectory root = new();
        await using CommitLog log = await CommitLog.OpenAsync(root.Path);
        await log.CreateTopicAsync("t");
        ISerde<Serialization.Json.PageView> json = Serdes.Json(IndentedContext.Default.PageView);
        await using Producer<int, Serialization.Json.PageView> producer =
            log.CreateProducer("t", keys: Serdes.Int32, values: json);
        await producer.ProduceAsync(7, new Serialization.Json.PageView("/home"));

        StoredRecord stored = Assert.Single(StoredRecord.ReadAll(log.GetTopic("t")[0]));
        Assert.Contains("\"path\": \"/home\"", stored.ValueText, StringComparison.Ordinal);
        await using Consumer<int, Serialization.Json.PageView> consumer =
            log.CreateConsumer("t", keys: Serdes.Int32, values: json);
        Record<int, Serialization.Json.PageView> read = Assert.Single(await consumer.TakeAsync(1));
        Assert.Equal((7, new Serialization.Json.PageView("/home")), (read.Key, read.Value));
    }

    [Fact]
    public async Task CreateProducer_WithoutDisposingIt_LeavesNothingUnflushedInAClosedLog()
    {
        using TempDirectory root = new();
        await using (CommitLog log = await CommitLog.OpenAsync(root.Path))
        {
            await log.CreateTopicAsync("t");
            Producer<int, int> producer = log.CreateProducer<int, int>("t");
            Assert.True(producer.TryProduce(1, 2, out _));
        }

        await using (CommitLog log = await CommitLog.OpenAsync(root.Path))
        {
            Assert.Equal(1, log.GetTopic("t")[0].DurableOffset);
        }
    }

    [Fact]
    public void CreateProducer_PartitionersOfTopicAndOptions_TheOptionsComeFirst()
    {
        using SimulatedPlatform machine = new(seed: 1);
        machine.Run(async () =>
        {
            await using CommitLog log = await OpenLog.OnAsync(machine);
            await log.CreateTopicAsync("t", new TopicOptions { Partitions = 3, Partitioner = new Fixed(1) });
            await using Producer<string, string> topics = log.CreateProducer<string, string>("t");
            await using Producer<string, string> own = log.CreateProducer<string, string>(
                "t", new ProducerOptions { Partitioner = new Fixed(2) });

            Assert.Equal(1, (await topics.ProduceAsync("k", "v")).Partition);
            Assert.Equal(2, (await own.ProduceAsync("k", "v")).Partition);
        });
    }

    [Fact]
    public void CreateProducer_OfATopicThatIsDeletedLater_ThrowsWhenItSends()
    {
        using SimulatedPlatform machine = new(seed: 1);
        machine.Run(async () =>
        {
            await using CommitLog log = await OpenLog.OnAsync(machine);
            await log.CreateTopicAsync("t");
            await using Producer<string, string> producer = log.CreateProducer<string, string>("t");
            await producer.ProduceAsync("k", "v");
            await log.DeleteTopicAsync("t");

            UnknownTopicException failure = await Assert.ThrowsAsync<UnknownTopicException>(
                async () => await producer.ProduceAsync("k", "v"));
            Assert.Equal("t", failure.Topic);
            Assert.Contains("was deleted", failure.Message, StringComparison.Ordinal);
            Assert.Throws<UnknownTopicException>(() => producer.TryProduce("k", "v", out _));
            await Assert.ThrowsAsync<UnknownTopicException>(async () => await producer.ProduceBatchAsync([("k", "v")]));
        });
    }

    [Fact]
    public void CreateProducer_BadInput_IsRefused()
    {
        using SimulatedPlatform machine = new(seed: 1);
        machine.Run(async () =>
        {
            await using CommitLog log = await OpenLog.OnAsync(machine);
            await log.CreateTopicAsync("t");

            Assert.Throws<UnknownTopicException>(() => log.CreateProducer<string, string>("other"));
            Assert.Throws<ArgumentException>("options", () => log.CreateProducer<string, string>(
                "t", new ProducerOptions { MaxInFlightBytes = 0 }));
        });
    }

    internal sealed record PageView(string Path);

    private sealed class Fixed(int partition) : IPartitioner
    {
        public int Partition(in PartitionerContext context) => partition;
    }
}

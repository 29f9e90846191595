using EmbeddedLog.IO;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Producing;

/// <summary>Sending on a thread that blocks until the record is acknowledged.</summary>
public sealed class ProduceTests
{
    [Fact]
    public void Produce_Flushed_ReturnsWhenTheRecordIsDurable()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create();

        RecordMetadata first = producer.Produce("k", "v");
        RecordMetadata second = producer.Produce(new ProducerRecord<string, string>("k", new string('v', 1000)));

        Assert.Equal((0, 1), (first.Offset, second.Offset));
        Assert.Equal(2, topic.Partitions[0].DurableOffset);
        Assert.Equal(0, producer.InFlightBytes);
        Assert.Equal([1, 1000], topic.Read().Select(record => record.Value!.Length));
    }

    [Fact]
    public void Produce_Written_ReturnsWithoutAFlush()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create(Durability.Written);
        topic.Files.Reset();

        Assert.Equal(0, producer.Produce("k", "v").Offset);

        Assert.Equal(0, topic.Files.CountOf(FaultKind.Flush));
        Assert.Equal(1, topic.Count);
    }

    /// <summary>Its own thread flushes: it needs nobody else, not even to be queued.</summary>
    [Fact]
    public void Produce_Alone_QueuesNothingThatItWaitsFor()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create();

        // The first record of a segment owes a checkpoint.
        producer.Produce("k", "v");
        topic.Settle();
        long before = topic.Machine.Scheduler.ItemsRun;

        for (int i = 0; i < 10; i++)
        {
            producer.Produce("k", "v");
        }

        Assert.Equal(before, topic.Machine.Scheduler.ItemsRun);
    }

    /// <summary>The pool was asked for a flush, and all of its threads may be held by then.</summary>
    [Fact]
    public void Produce_ARequestedFlushHasNotBegun_FlushesItself()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create();
        Task<RecordMetadata> other = producer.ProduceAsync("k", "v").AsTask();
        long before = topic.Machine.Scheduler.ItemsRun;

        Assert.Equal(1, producer.Produce("k", "v").Offset);

        Assert.Equal(before, topic.Machine.Scheduler.ItemsRun);
        Assert.False(other.IsCompleted);
        topic.Settle();
        Assert.True(other.IsCompletedSuccessfully);
    }

    [Fact]
    public void Produce_WithoutRoom_WaitsForItInTurn()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create(maxInFlightBytes: 64);
        Assert.True(producer.TryProduce("k", new string('v', 30), out _));
        ValueTask<RecordMetadata> before = producer.ProduceAsync("k", new string('v', 30));

        RecordMetadata sent = producer.Produce("k", new string('v', 30));

        Assert.Equal(2, sent.Offset);
        Assert.Equal(1, topic.Run(before).Offset);
        Assert.Equal(0, producer.InFlightBytes);
    }

    [Fact]
    public void Produce_ManyPartitionsAndSendersOfBothKinds_KeepsTheBoundAndLosesNothing()
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            using ProducerFixture topic = new(
                partitions: 5, seed: seed, yieldProbability: 0.2, minTogether: seed % 2 == 0 ? 3 : int.MaxValue);
            Producer<string, string> producer = topic.Create(maxInFlightBytes: 512);
            Random random = new(seed);
            List<Task> tasks = [];
            for (int i = 0; i < 200; i++)
            {
                string value = new('v', random.Next(200));
                if (random.Next(3) > 0)
                {
                    tasks.Add(producer.ProduceAsync("k", value).AsTask());
                    continue;
                }

                RecordMetadata sent = producer.Produce(null!, value);
                Assert.True(topic.Partitions[sent.Partition].DurableOffset > sent.Offset);
                Assert.InRange(producer.InFlightBytes, 0, 512);
            }

            producer.Flush();
            topic.Settle();
            Assert.All(tasks, task => Assert.True(task.IsCompletedSuccessfully));
            Assert.Equal(200, topic.Partitions.Sum(partition => partition.DurableOffset));
            Assert.Equal(0, producer.InFlightBytes);
        }
    }

    [Fact]
    public void Produce_FlushFails_ThrowsAndFreesItsRoom()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create();
        producer.Produce("k", "v");
        topic.Files.Reset();
        topic.Files.Fail(FaultKind.Flush, 1, FileSystemError.DeviceFailure);

        Assert.Throws<PartitionFailedException>(() => producer.Produce("k", "v"));
        Assert.Throws<PartitionFailedException>(() => producer.Produce("k", "v"));
        Assert.Throws<PartitionFailedException>(producer.Flush);
        Assert.Equal(0, producer.InFlightBytes);

        // Somebody was told.
        producer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => producer.Produce("k", "v"));
    }

    [Fact]
    public void Flush_AndDispose_MakeDurableWhatWasSent()
    {
        using ProducerFixture topic = new(partitions: 3);
        Producer<string, string> producer = topic.Create(maxInFlightBytes: 200);
        Task[] sent = [.. Enumerable.Range(0, 20).Select(_ => producer.ProduceAsync(null!, "value").AsTask())];

        producer.Flush();
        Assert.Equal(20, topic.Partitions.Sum(partition => partition.DurableOffset));

        Assert.True(producer.TryProduce(null!, "value", out _));
        producer.Dispose();
        Assert.Equal(21, topic.Partitions.Sum(partition => partition.DurableOffset));
        topic.Settle();
        Assert.All(sent, task => Assert.True(task.IsCompletedSuccessfully));
    }

    [Fact]
    public void Flush_OfAPartition_MakesItDurable()
    {
        using ProducerFixture topic = new();
        topic.Partitions[0].Append(new RawRecord("v"u8));

        topic.Partitions[0].Flush();

        Assert.Equal(1, topic.Partitions[0].DurableOffset);
    }

    [Fact]
    public void Produce_ThatReachesAnotherSegment_LeavesTheCheckpointToAnother()
    {
        using ProducerFixture topic = new(settings: PartitionFixture.Settings(16 << 10));
        Producer<string, string> producer = topic.Create();
        for (int i = 0; i < 40; i++)
        {
            producer.Produce("k", new string('v', 1000));
        }

        topic.Settle();
        Assert.Equal(40, topic.Partitions[0].DurableOffset);
    }
}

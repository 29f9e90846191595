using EmbeddedLog.IO;
using EmbeddedLog.Testing.Faults;

namespace EmbeddedLog.Tests.Producing;

/// <summary>A flush that fails is told: to those who wait for it, and else by the next call of whatever kind.</summary>
public sealed class ProducerFailureTests
{
    public static TheoryData<string> Calls =>
        ["TryProduce", "ProduceAsync", "ProduceBatchAsync", "WaitToProduceAsync", "FlushAsync", "DisposeAsync"];

    [Fact]
    public void ProduceAsync_FlushFails_ThrowsAndNothingMoreIsAcknowledgedThere()
    {
        using ProducerFixture topic = new(partitions: 2);
        Producer<string, string> producer = topic.Create();
        topic.Run(producer.ProduceAsync(To(0)));
        FailNextFlush(topic);

        var failure = Assert.Throws<PartitionFailedException>(() => topic.Run(producer.ProduceAsync(To(0))));

        Assert.Equal((ProducerFixture.Topic, 0), (failure.Topic, failure.Partition));
        Assert.Throws<PartitionFailedException>(() => topic.Run(producer.ProduceAsync(To(0))));
        Assert.Throws<PartitionFailedException>(() => producer.TryProduce(To(0), out _));
        Assert.Equal(0, topic.Run(producer.ProduceAsync(To(1))).Offset);
        Assert.Equal(0, producer.InFlightBytes);
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public void AnyCall_AfterAnUnreportedFailure_ReportsIt(string call)
    {
        using ProducerFixture topic = new(partitions: 2);
        Producer<string, string> producer = topic.Create();
        LoseRecord(topic, producer);

        var failure = Assert.Throws<PartitionFailedException>(() => Do(topic, producer, call));

        Assert.Equal(0, failure.Partition);

        // Once told, the other partition goes on, and disposal does not hide what else happens.
        if (call != "DisposeAsync")
        {
            topic.Run(producer.ProduceAsync(To(1)));
        }

        topic.Run(producer.DisposeAsync());
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public void AnyCallOfAWrittenProducer_AfterTheBackgroundFlushFailed_ReportsIt(string call)
    {
        using ProducerFixture topic = new(partitions: 2);
        Producer<string, string> producer = topic.Create(Durability.Written);
        LoseRecord(topic, producer);

        Assert.Throws<PartitionFailedException>(() => Do(topic, producer, call));
    }

    [Fact]
    public void Dispose_AfterAReportedFailure_IsSilent()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create();
        FailNextFlush(topic);
        Assert.Throws<PartitionFailedException>(() => topic.Run(producer.ProduceAsync(To(0))));

        topic.Run(producer.DisposeAsync());
    }

    [Fact]
    public void Dispose_AfterADroppedTaskFailed_ReportsIt()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create();
        FailNextFlush(topic);
        _ = producer.ProduceAsync(To(0));

        Assert.Throws<PartitionFailedException>(() => topic.Run(producer.DisposeAsync()));
    }

    [Fact]
    public void FlushAsync_AfterRecordsWereLost_ThrowsEachTime()
    {
        using ProducerFixture topic = new(partitions: 2);
        Producer<string, string> producer = topic.Create();
        LoseRecord(topic, producer);

        for (int i = 0; i < 3; i++)
        {
            Assert.Throws<PartitionFailedException>(() => topic.Run(producer.FlushAsync()));
        }
    }

    [Fact]
    public void FlushAsync_OfAnotherProducerWithDurableRecords_IsSilent()
    {
        using ProducerFixture topic = new(partitions: 2);
        Producer<string, string> producer = topic.Create();
        Producer<string, string> other = topic.Create();
        topic.Run(other.ProduceAsync(To(0)));
        LoseRecord(topic, producer);

        topic.Run(other.FlushAsync());
        topic.Run(other.DisposeAsync());
    }

    [Fact]
    public void FlushAsync_TwoPartitionsFailed_ReportsBothOneByOne()
    {
        using ProducerFixture topic = new(partitions: 2);
        Producer<string, string> producer = topic.Create();
        producer.TryProduce(To(0), out _);
        producer.TryProduce(To(1), out _);
        FailNextFlush(topic, lasts: true);

        var first = Assert.Throws<PartitionFailedException>(() => topic.Run(producer.FlushAsync()));
        var second = Assert.Throws<PartitionFailedException>(
            () => producer.TryProduce(To(first.Partition!.Value), out _));

        Assert.NotEqual(first.Partition, second.Partition);
        topic.Run(producer.DisposeAsync());
    }

    [Fact]
    public void ProduceAsync_WaitingForRoomWhenThePartitionFails_FailsAndRoomComesBack()
    {
        using ProducerFixture topic = new(partitions: 2);
        Producer<string, string> producer = topic.Create(maxInFlightBytes: 64);
        FailNextFlush(topic);
        Task<RecordMetadata>[] sent =
        [
            producer.ProduceAsync(To(0)).AsTask(), producer.ProduceAsync(To(0)).AsTask(),
            producer.ProduceAsync(To(0)).AsTask(), producer.ProduceAsync(To(1)).AsTask(),
        ];

        topic.Settle();

        Assert.All(sent[..3], task => Assert.IsType<PartitionFailedException>(task.Exception?.InnerException));
        Assert.True(sent[3].IsCompletedSuccessfully);
        Assert.Equal(0, producer.InFlightBytes);
    }

    [Fact]
    public void ProduceAsync_ALogThatWasClosed_Throws()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create();
        topic.Run(producer.ProduceAsync(To(0)));
        topic.Machine.Run(() => topic.CloseAsync().AsTask());

        Assert.Throws<ObjectDisposedException>(() => topic.Run(producer.ProduceAsync(To(0))));
        Assert.Throws<ObjectDisposedException>(() => producer.TryProduce(To(0), out _));
        topic.Run(producer.FlushAsync());
        topic.Run(producer.DisposeAsync());
        Assert.Equal(0, producer.InFlightBytes);
    }

    [Fact]
    public void ProduceAsync_WaitingForRoomWhenTheLogIsClosed_IsAppendedOrThrows()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create(maxInFlightBytes: 64);
        Task<RecordMetadata>[] sent =
            [.. Enumerable.Range(0, 20).Select(_ => producer.ProduceAsync(To(0)).AsTask())];

        topic.Machine.Run(() => topic.CloseAsync().AsTask());
        topic.Settle();

        int appended = sent.Count(task => task.IsCompletedSuccessfully);
        Assert.All(sent[appended..], task => Assert.IsType<ObjectDisposedException>(task.Exception?.InnerException));
        Assert.Equal(topic.Partitions[0].DurableOffset, appended);
        Assert.Equal(0, producer.InFlightBytes);
    }

    private static ProducerRecord<string, string> To(int partition) => new("k", "v") { Partition = partition };

    /// <summary>Appends a record to partition 0 that nobody awaits, and lets its flush fail.</summary>
    private static void LoseRecord(ProducerFixture topic, Producer<string, string> producer)
    {
        Assert.True(producer.TryProduce(To(0), out _));
        FailNextFlush(topic);
        topic.Partitions[0].Log.RequestFlush();
        topic.Settle();
        Assert.NotNull(topic.Partitions[0].Log.Failure);
    }

    /// <summary>The next flush fails, whatever file it is of.</summary>
    private static void FailNextFlush(ProducerFixture topic, bool lasts = false)
    {
        topic.Settle();
        topic.Files.Reset();
        topic.Files.Fail(new Fault(FaultKind.Flush, 1, FileSystemError.DeviceFailure) { Lasts = lasts });
    }

    private static void Do(ProducerFixture topic, Producer<string, string> producer, string call)
    {
        switch (call)
        {
            case "TryProduce":
                producer.TryProduce(To(1), out _);
                break;
            case "ProduceAsync":
                topic.Run(producer.ProduceAsync(To(1)));
                break;
            case "ProduceBatchAsync":
                topic.Run(producer.ProduceBatchAsync([To(1)]));
                break;
            case "WaitToProduceAsync":
                topic.Run(producer.WaitToProduceAsync());
                break;
            case "FlushAsync":
                topic.Run(producer.FlushAsync());
                break;
            default:
                topic.Run(producer.DisposeAsync());
                break;
        }
    }
}

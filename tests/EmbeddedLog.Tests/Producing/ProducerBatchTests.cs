using System.Buffers;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Producing;

/// <summary>Many records in one call: atomic for each partition, checked before anything is appended.</summary>
public sealed class ProducerBatchTests
{
    [Fact]
    public void ProduceBatchAsync_SeveralPartitions_KeepsTheOrderInEachAndReturnsAllPositions()
    {
        using ProducerFixture topic = new(partitions: 3);
        Producer<string, string> producer = topic.Create();
        topic.Run(producer.ProduceAsync(To(1, "before")));
        ProducerRecord<string, string>[] records =
            [.. Enumerable.Range(0, 30).Select(i => To(i % 3, $"{i}"))];

        IReadOnlyList<RecordMetadata> sent = topic.Run(producer.ProduceBatchAsync(records));

        Assert.Equal(
            Enumerable.Range(0, 30).Select(i => (i % 3, (long)(i / 3) + (i % 3 == 1 ? 1 : 0))),
            sent.Select(metadata => (metadata.Partition, metadata.Offset)));
        for (int i = 0; i < 30; i++)
        {
            Assert.Equal($"{i}", topic.Read(sent[i].Partition)[(int)sent[i].Offset].ValueText);
        }

        Assert.All(topic.Partitions, partition => Assert.Equal(partition.EndOffset, partition.DurableOffset));
        Assert.Equal(0, producer.InFlightBytes);
    }

    [Fact]
    public void ProduceBatchAsync_OnePartition_IsOneFrame()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create(Durability.Written);
        long before = topic.Partitions[0].SizeBytes;

        topic.Run(producer.ProduceBatchAsync([.. Enumerable.Repeat(To(0, "v"), 1000)]));

        // A frame for each would take 32 bytes; here they share a header.
        Assert.Equal(1000, topic.Count);
        Assert.InRange(topic.Partitions[0].SizeBytes - before, 5000, 10_000 + 4096);
    }

    [Fact]
    public void ProduceBatchAsync_EverythingGiven_IsStoredAsGiven()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create();
        DateTimeOffset time = DateTimeOffset.UnixEpoch.AddDays(1);
        Headers headers = new() { { "h", "1" } };

        IReadOnlyList<RecordMetadata> sent = topic.Run(producer.ProduceBatchAsync(
        [
            new ProducerRecord<string, string>("a", "1") { Timestamp = time },
            new ProducerRecord<string, string>("b", "2") { Headers = headers },
            ProducerRecord.Tombstone<string, string>("c"),
            ProducerRecord.WithoutKey<string, string>("4"),
        ]));

        DateTimeOffset now = topic.Machine.Time.GetUtcNow();
        Assert.Equal([time, now, now, now], sent.Select(metadata => metadata.Timestamp));
        IReadOnlyList<StoredRecord> stored = topic.Read();
        Assert.Equal(
            [("a", "1"), ("b", "2"), ("c", null), (null, "4")],
            stored.Select(record => (record.KeyText, record.ValueText)));
        Assert.Equal(sent.Select(m => m.Timestamp.ToUnixTimeMilliseconds()), stored.Select(r => r.Timestamp));
        Assert.Equal([0, 1, 0, 0], stored.Select(record => record.Headers.Count));
    }

    [Fact]
    public void ProduceBatchAsync_NoRecords_DoesNothing()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create();

        ValueTask<IReadOnlyList<RecordMetadata>> sent = producer.ProduceBatchAsync([]);

        Assert.True(sent.IsCompletedSuccessfully);
        Assert.Empty(topic.Run(sent));
        Assert.Equal(0, topic.Count);
    }

    [Fact]
    public void ProduceBatchAsync_Null_IsRefused()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create();

        Assert.Throws<ArgumentNullException>("records", () => topic.Run(producer.ProduceBatchAsync(null!)));
    }

    [Fact]
    public void ProduceBatchAsync_ALaterRecordIsBad_AppendsNothing()
    {
        using ProducerFixture topic = new(
            partitions: 2,
            settings: PartitionFixture.Settings(maxRecordBytes: 1000) with { MaxAheadMilliseconds = 1000 });
        Producer<string, string> producer = topic.Create(Serdes.Utf8, new Refusing());
        ProducerRecord<string, string> good = To(0, "good");

        Refused<RecordSerializationException>(To(1, "refused"));
        Refused<RecordTooLargeException>(To(1, new string('v', 1001)));
        Refused<ArgumentOutOfRangeException>(To(2, "no such partition"));
        Refused<ArgumentOutOfRangeException>(
            To(1, "ahead") with { Timestamp = topic.Machine.Time.GetUtcNow().AddSeconds(2) });

        Assert.Equal(2, topic.Run(producer.ProduceBatchAsync([good, To(1, "good")])).Count);
        Assert.Equal(2, topic.Count);

        void Refused<TException>(ProducerRecord<string, string> bad)
            where TException : Exception
        {
            Assert.Throws<TException>(() => topic.Run(producer.ProduceBatchAsync([good, bad, good])));
            Assert.Equal(0, topic.Count);
            Assert.Equal(0, producer.InFlightBytes);
        }
    }

    [Fact]
    public void ProduceBatchAsync_LargerThanASegment_AppendsNothingToAnyPartition()
    {
        using ProducerFixture topic = new(partitions: 2, settings: PartitionFixture.Settings(segmentBytes: 16 << 10));
        Producer<string, string> producer = topic.Create();
        ProducerRecord<string, string> third = To(1, new string('v', 5000));

        Assert.Throws<RecordTooLargeException>(
            () => topic.Run(producer.ProduceBatchAsync([To(0, "fits"), third, third, third])));
        Assert.Equal(0, topic.Count);

        topic.Run(producer.ProduceBatchAsync([To(0, "fits"), third, third]));
        Assert.Equal(3, topic.Count);
    }

    [Fact]
    public void ProduceBatchAsync_BeyondTheBound_WaitsForRoomAsAWhole()
    {
        using ProducerFixture topic = new(partitions: 2);
        Producer<string, string> producer = topic.Create(maxInFlightBytes: 500);
        Assert.True(producer.TryProduce(To(0, new string('v', 300)), out _));

        ValueTask<IReadOnlyList<RecordMetadata>> batch =
            producer.ProduceBatchAsync([To(0, new string('v', 100)), To(1, new string('v', 100))]);
        ValueTask<IReadOnlyList<RecordMetadata>> large = producer.ProduceBatchAsync([To(0, new string('v', 600))]);
        Assert.Equal(1, topic.Count);

        Assert.Equal([1L, 0L], topic.Run(batch).Select(metadata => metadata.Offset));
        Assert.Equal(2, topic.Run(large)[0].Offset);
        Assert.Equal(0, producer.InFlightBytes);
    }

    [Fact]
    public void ProduceBatchAsync_ASecondPartitionWithoutSpace_ThrowsAndCountsTheAppendedRecords()
    {
        using ProducerFixture topic = new(partitions: 2);
        Producer<string, string> producer = topic.Create();
        topic.Run(producer.ProduceAsync(To(0, "makes a segment")));
        topic.Machine.Disk.CapacityBytes = topic.Machine.Disk.UsedBytes;

        Assert.Throws<DiskFullException>(() => topic.Run(producer.ProduceBatchAsync([To(0, "v"), To(1, "v")])));

        Assert.Equal((2, 0), (topic.Partitions[0].EndOffset, topic.Partitions[1].EndOffset));
        Assert.NotEqual(0, producer.InFlightBytes);
        topic.Run(producer.FlushAsync());
        Assert.Equal(0, producer.InFlightBytes);
        topic.Machine.Disk.CapacityBytes = long.MaxValue;
        topic.Run(producer.ProduceBatchAsync([To(0, "v"), To(1, "v")]));
    }

    [Fact]
    public void ProduceBatchAsync_LargeAndSmallInTurn_AreNotConfused()
    {
        using ProducerFixture topic = new(partitions: 2);
        Producer<string, string> producer = topic.Create(Durability.Written);
        int expected = 0;
        foreach (int count in (int[])[1, 500, 3, 2000, 1])
        {
            IReadOnlyList<RecordMetadata> sent = topic.Run(producer.ProduceBatchAsync(
                [.. Enumerable.Range(0, count).Select(i => To(i % 2, $"{expected + i}"))]));
            for (int i = 0; i < count; i++)
            {
                Assert.Equal($"{expected + i}", topic.Read(i % 2)[(int)sent[i].Offset].ValueText);
            }

            expected += count;
        }
    }

    private static ProducerRecord<string, string> To(int partition, string value) =>
        new("k", value) { Partition = partition };

    /// <summary>A serializer that refuses one value.</summary>
    private sealed class Refusing : ISerializer<string>
    {
        public void Serialize(string value, IBufferWriter<byte> destination, in SerializationContext context)
        {
            if (value == "refused")
            {
                throw new FormatException("not today");
            }

            Serdes.Utf8.Serialize(value, destination, in context);
        }
    }
}

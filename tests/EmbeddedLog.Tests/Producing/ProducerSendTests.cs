using EmbeddedLog.Partitions.State;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Producing;

/// <summary>One record on its way, and what is wrong with it.</summary>
public sealed class ProducerSendTests
{
    [Fact]
    public void ProduceAsync_Flushed_CompletesWhenDurable()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create();

        ValueTask<RecordMetadata> sent = producer.ProduceAsync("k", "v");
        Assert.False(sent.IsCompleted);
        Assert.Equal(1, topic.Partitions[0].EndOffset);
        Assert.Equal(0, topic.Partitions[0].DurableOffset);

        RecordMetadata metadata = topic.Run(sent);
        Assert.Equal(1, topic.Partitions[0].DurableOffset);
        Assert.Equal(
            new RecordMetadata(ProducerFixture.Topic, 0, 0, topic.Machine.Time.GetUtcNow()), metadata);
    }

    [Fact]
    public void ProduceAsync_Written_CompletesAtOnceWithoutAFlush()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create(Durability.Written);

        ValueTask<RecordMetadata> sent = producer.ProduceAsync("k", "v");

        Assert.True(sent.IsCompletedSuccessfully);
        Assert.Equal(0, Result(sent).Offset);
        Assert.Equal(0, topic.Partitions[0].DurableOffset);
        Assert.Equal(0, producer.InFlightBytes);
    }

    [Fact]
    public void ProduceAsync_ManyAtOnce_ShareAFlush()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create();
        topic.Files.Reset();

        Task<RecordMetadata>[] sent =
            [.. Enumerable.Range(0, 1000).Select(i => producer.ProduceAsync("k", $"{i}").AsTask())];
        topic.Machine.Run(() => Task.WhenAll(sent));

        Assert.Equal(Enumerable.Range(0, 1000), sent.Select(task => (int)task.Result.Offset));
        Assert.True(topic.Files.CountOf(EmbeddedLog.Testing.Faults.FaultKind.Flush) < 10);
    }

    [Fact]
    public void ProduceAsync_EverythingGiven_IsStoredAsGiven()
    {
        using ProducerFixture topic = new(partitions: 3);
        Producer<string, string> producer = topic.Create();
        DateTimeOffset time = new(2020, 2, 3, 4, 5, 6, 789, TimeSpan.FromHours(2));
        Headers headers = new() { { "trace", "t1" }, { "empty", "" }, new Header("null") };

        RecordMetadata metadata = topic.Run(producer.ProduceAsync(
            new ProducerRecord<string, string>("key", "value") { Partition = 2, Timestamp = time, Headers = headers }));

        Assert.Equal(2, metadata.Partition);
        Assert.Equal(time.ToUniversalTime(), metadata.Timestamp);
        StoredRecord stored = Assert.Single(topic.Read(2));
        Assert.Equal(("key", "value"), (stored.KeyText, stored.ValueText));
        Assert.Equal(time.ToUnixTimeMilliseconds(), stored.Timestamp);
        Assert.Equal(headers, stored.Headers);
    }

    [Fact]
    public void ProduceAsync_NoKeyOrNoValueOrNeither_IsStoredAsNull()
    {
        using ProducerFixture topic = new();
        Producer<int, int> producer = topic.Create(Serdes.Int32, Serdes.Int32, Durability.Written);

        topic.Run(producer.ProduceAsync(ProducerRecord.WithoutKey<int, int>(0)));
        topic.Run(producer.ProduceAsync(ProducerRecord.Tombstone<int, int>(0)));
        topic.Run(producer.ProduceAsync(0, 0));
        topic.Run(topic.Create(Durability.Written).ProduceAsync(null!, null!));

        Assert.Equal(
            [(false, true), (true, false), (true, true), (false, false)],
            topic.Read().Select(record => (record.Key is not null, record.Value is not null)));
    }

    [Fact]
    public void DeleteAsync_AKey_AppendsATombstone()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create();

        RecordMetadata metadata = topic.Run(producer.DeleteAsync("gone"));

        StoredRecord stored = Assert.Single(topic.Read());
        Assert.Equal((0, "gone", null), (metadata.Offset, stored.KeyText, stored.Value));
    }

    [Fact]
    public void DeleteAsync_Null_IsRefused()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create();

        Assert.Throws<ArgumentNullException>("key", () => topic.Run(producer.DeleteAsync(null!)));
        Assert.Equal(0, topic.Count);
    }

    [Fact]
    public void ProduceAsync_OfTheInterface_TakesKeyAndValue()
    {
        using ProducerFixture topic = new();
        IProducer<string, string> producer = topic.Create();

        topic.Run(producer.ProduceAsync("k", "v"));

        Assert.Equal("v", Assert.Single(topic.Read()).ValueText);
        Assert.Throws<ArgumentNullException>(
            "producer", () => { _ = ProducerExtensions.ProduceAsync<string, string>(null!, "k", "v"); });
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    [InlineData(int.MaxValue)]
    public void Produce_APartitionOutOfRange_SaysWhichThereAre(int partition)
    {
        using ProducerFixture topic = new(partitions: 3);
        Producer<string, string> producer = topic.Create();
        ProducerRecord<string, string> record = new("k", "v") { Partition = partition };

        ArgumentOutOfRangeException failure = Assert.Throws<ArgumentOutOfRangeException>(
            "record", () => topic.Run(producer.ProduceAsync(record)));

        Assert.Contains($"Topic 'topic' has no partition {partition}, only 0 to 2.", failure.Message,
            StringComparison.Ordinal);
        Assert.Equal(partition, failure.ActualValue);
        Assert.Throws<ArgumentOutOfRangeException>("record", () => producer.TryProduce(record, out _));
        AssertUnharmed(topic, producer);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    public void Produce_APartitionerOutOfRange_IsNamed(int partition)
    {
        using ProducerFixture topic = new(partitions: 3);
        ChosenPartitioner choice = new() { Partition = partition };
        Producer<string, string> producer = topic.Create(partitioner: choice);

        InvalidOperationException failure = Assert.Throws<InvalidOperationException>(
            () => topic.Run(producer.ProduceAsync("k", "v")));

        Assert.Contains(typeof(ChosenPartitioner).ToString(), failure.Message, StringComparison.Ordinal);
        Assert.Contains($"chose partition {partition} of topic 'topic', which has only 0 to 2", failure.Message,
            StringComparison.Ordinal);
        choice.Partition = 1;
        AssertUnharmed(topic, producer);
    }

    [Fact]
    public void Produce_APartitionerThatThrows_AppendsNothingAndTheNextOne()
    {
        using ProducerFixture topic = new();
        ChosenPartitioner choice = new() { Failure = new FormatException("a bad day") };
        Producer<string, string> producer = topic.Create(partitioner: choice);

        Assert.Same(
            choice.Failure, Assert.Throws<FormatException>(() => topic.Run(producer.ProduceAsync("k", "v"))));
        Assert.Throws<FormatException>(() => producer.TryProduce("k", "v", out _));
        Assert.Throws<FormatException>(() => topic.Run(producer.ProduceBatchAsync([("k", "v")])));

        choice.Failure = null;
        AssertUnharmed(topic, producer);
    }

    [Fact]
    public void Produce_WithoutAPartition_CallsThePartitionerWithTheBytes()
    {
        using ProducerFixture topic = new(partitions: 3);
        ChosenPartitioner choice = new() { Partition = 1 };
        Producer<string, string> producer = topic.Create(Durability.Written, partitioner: choice);

        producer.TryProduce(
            new ProducerRecord<string, string>("key", "value") { Headers = new Headers { { "h", "12" } } }, out _);
        Assert.Equal(("topic", 3, "key", true), (choice.Topic, choice.Count, choice.Key, choice.HasKey));
        Assert.InRange(choice.Bytes, 3 + 5 + 1 + 2, 3 + 5 + 1 + 2 + 8);

        producer.TryProduce(ProducerRecord.WithoutKey<string, string>("value"), out RecordMetadata written);
        Assert.Equal(("", false, 5), (choice.Key, choice.HasKey, choice.Bytes));
        Assert.Equal(1, written.Partition);

        producer.TryProduce(new ProducerRecord<string, string>("k", "v") { Partition = 2 }, out written);
        Assert.Equal(2, choice.Calls);
        Assert.Equal(2, written.Partition);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Produce_ASerializerThatThrows_AppendsNothingAndTheNextOne(bool isKey)
    {
        using ProducerFixture topic = new();
        MoodySerializer moody = new() { Failure = new FormatException("a bad day") };
        Producer<string, string> producer = isKey
            ? topic.Create(moody, Serdes.Utf8)
            : topic.Create(Serdes.Utf8, moody);

        var failure = Assert.Throws<RecordSerializationException>(() => topic.Run(producer.ProduceAsync("k", "v")));
        Assert.Throws<RecordSerializationException>(() => producer.TryProduce("k", "v", out _));

        Assert.Same(moody.Failure, failure.InnerException);
        Assert.Equal((isKey, "topic"), (failure.IsKey, failure.Topic));
        moody.Failure = null;
        AssertUnharmed(topic, producer);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void Produce_ASerializerThatMisusesItsBuffer_Throws(int advance)
    {
        using ProducerFixture topic = new();
        MoodySerializer moody = new() { Advance = advance };
        Producer<string, string> producer = topic.Create(Serdes.Utf8, moody);

        var failure = Assert.Throws<RecordSerializationException>(() => topic.Run(producer.ProduceAsync("k", "v")));

        Assert.IsType<ArgumentOutOfRangeException>(failure.InnerException);
        moody.Advance = 0;
        AssertUnharmed(topic, producer);
    }

    [Fact]
    public void Produce_FromWithinASerializer_KeepsBothRecordsApart()
    {
        using ProducerFixture topic = new();
        Producer<string, string> inner = topic.Create(Durability.Written);
        MoodySerializer moody = new() { Before = () => inner.TryProduce("inner key", "inner value", out _) };
        Producer<string, string> outer = topic.Create(Serdes.Utf8, moody);

        outer.TryProduce("outer key", "outer value", out _);

        Assert.Equal(
            [("inner key", "inner value"), ("outer key", "outer value")],
            topic.Read().Select(record => (record.KeyText, record.ValueText)));
    }

    [Theory]
    [InlineData(1 << 10)]
    [InlineData(100 << 10)]
    [InlineData(900 << 10)]
    public void Produce_RecordsOfAllSizes_AreStoredWhole(int bytes)
    {
        using ProducerFixture topic = new();
        Producer<byte[], byte[]> producer = topic.Create(Serdes.Bytes, Serdes.Bytes, Durability.Written);
        byte[] value = new byte[bytes];
        new Random(bytes).NextBytes(value);

        Assert.True(producer.TryProduce([1, 2], value, out _));
        Assert.True(producer.TryProduce([3], [4], out _));

        IReadOnlyList<StoredRecord> stored = topic.Read();
        Assert.Equal(value, stored[0].Value);
        Assert.Equal([4], stored[1].Value!);
    }

    [Fact]
    public void Produce_TooLarge_FailsAtOnceAndAppendsNothing()
    {
        using ProducerFixture topic = new(settings: PartitionFixture.Settings(maxRecordBytes: 100));
        Producer<string, string> producer = topic.Create(maxInFlightBytes: 200);
        producer.TryProduce("k", new string('v', 90), out _);

        // Whether there is room or not: waiting would not help.
        Assert.Throws<RecordTooLargeException>(() => producer.TryProduce("k", new string('v', 100), out _));
        ValueTask<RecordMetadata> sent = producer.ProduceAsync("k", new string('v', 100));
        Assert.True(sent.IsFaulted);
        Assert.Throws<RecordTooLargeException>(() => Result(sent));

        topic.Settle();
        Assert.Equal(0, producer.InFlightBytes);
        Assert.Equal(1, topic.Count);
    }

    [Fact]
    public void Produce_ATimestampTooFarAhead_AppendsNothing()
    {
        PartitionSettings settings = PartitionFixture.Settings() with { MaxAheadMilliseconds = 1000 };
        using ProducerFixture topic = new(settings: settings);
        Producer<string, string> producer = topic.Create();
        ProducerRecord<string, string> record = new("k", "v")
        {
            Timestamp = topic.Machine.Time.GetUtcNow().AddSeconds(2),
        };

        Assert.Throws<ArgumentOutOfRangeException>(() => topic.Run(producer.ProduceAsync(record)));
        AssertUnharmed(topic, producer);
    }

    [Fact]
    public void Produce_ATimestampThatNoRecordCanHold_SaysWhatToDoAndAppendsNothing()
    {
        PartitionSettings settings = PartitionFixture.Settings() with { MaxAheadMilliseconds = long.MaxValue };
        using ProducerFixture topic = new(settings: settings);
        Producer<string, string> producer = topic.Create();
        ProducerRecord<string, string> record = new("k", "v") { Timestamp = DateTimeOffset.MaxValue };

        var failure = Assert.Throws<ArgumentOutOfRangeException>(() => topic.Run(producer.ProduceAsync(record)));
        Assert.Contains("Nothing was appended. Correct it", failure.Message, StringComparison.Ordinal);
        AssertUnharmed(topic, producer);
    }

    [Fact]
    public void Produce_LogAppendTime_ReportsTheTimeThatIsStored()
    {
        PartitionSettings settings = PartitionFixture.Settings() with { AppendTime = true };
        using ProducerFixture topic = new(settings: settings);
        Producer<string, string> producer = topic.Create();
        ProducerRecord<string, string> record = new("k", "v") { Timestamp = DateTimeOffset.UnixEpoch };

        RecordMetadata single = topic.Run(producer.ProduceAsync(record));
        IReadOnlyList<RecordMetadata> batch = topic.Run(producer.ProduceBatchAsync([record]));

        DateTimeOffset now = topic.Machine.Time.GetUtcNow();
        Assert.Equal((now, now), (single.Timestamp, batch[0].Timestamp));
        Assert.All(topic.Read(), stored => Assert.Equal(now.ToUnixTimeMilliseconds(), stored.Timestamp));
    }

    [Fact]
    public void ProduceAsync_DroppedTasks_LoseNothingAndAreNotConfused()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create();
        for (int i = 0; i < 100; i++)
        {
            _ = producer.ProduceAsync("dropped", $"{i}");
            RecordMetadata metadata = topic.Run(producer.ProduceAsync("awaited", $"{i}"));
            Assert.Equal((2 * i) + 1, metadata.Offset);
        }

        topic.Settle();
        Assert.Equal(200, topic.Count);
        Assert.Equal(0, producer.InFlightBytes);
    }

    [Fact]
    public void ProduceAsync_AwaitedTwiceOrTooEarly_ThrowsAndHarmsNoOther()
    {
        using ProducerFixture topic = new();
        Producer<string, string> producer = topic.Create();

        ValueTask<RecordMetadata> first = producer.ProduceAsync("k", "0");
        Assert.Throws<InvalidOperationException>(() => Result(first));
        topic.Settle();
        Assert.Equal(0, Result(first).Offset);
        Assert.Throws<InvalidOperationException>(() => Result(first));

        ValueTask<RecordMetadata> second = producer.ProduceAsync("k", "1");
        ValueTask<RecordMetadata> third = producer.ProduceAsync("k", "2");
        Assert.Throws<InvalidOperationException>(() => Result(first));
        topic.Settle();
        Assert.Equal((1, 2), (Result(second).Offset, Result(third).Offset));
    }

    /// <summary>
    /// After something was refused: nothing was appended, nothing is in flight, and the next record goes in.
    /// </summary>
    private static void AssertUnharmed(ProducerFixture topic, Producer<string, string> producer)
    {
        Assert.Equal(0, topic.Count);
        Assert.Equal(0, producer.InFlightBytes);
        RecordMetadata next = topic.Run(producer.ProduceAsync("next", "one"));
        Assert.Equal("one", topic.Read(next.Partition)[0].ValueText);
        Assert.True(producer.TryProduce("next", "but one", out _));
        Assert.Equal(2, topic.Count);
    }

    /// <summary>What an awaiter gets, without waiting.</summary>
    private static RecordMetadata Result(ValueTask<RecordMetadata> task) => task.GetAwaiter().GetResult();
}

using System.Text;
using System.Text.RegularExpressions;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Consuming.Loops;

/// <summary>Records that cannot be handled, and go to a topic of their own.</summary>
public sealed class DeadLetterTests : ForEachFixture
{
    private const string Dead = "orders.dead-letters";

    [Fact]
    public void DeadLetter_AHandlerFails_KeepsTheRecordAndSaysWhy()
    {
        Header[] headers = [new Header("trace", "1"), new Header("empty", null)];
        Topic[1].Append(new RawRecord("k"u8, "first"u8));
        Topic[1].Append(new RawRecord("key"u8, "a!"u8) { Headers = headers, Timestamp = 7 });
        using Consumer<string?, string> consumer = Consume();

        Task loop = Start(consumer, Options(attempts: 2));
        Advance(1);

        Record<string?, string?> letter = Assert.Single(Letters());
        Assert.Equal("key=a!", $"{letter.Key}={letter.Value}");
        Assert.Equal(
            [
                "trace=1", "empty=", "__dlq.errors.topic=orders", "__dlq.errors.partition=1", "__dlq.errors.offset=1",
                "__dlq.errors.group=g", "__dlq.errors.delivery.count=2", "__dlq.errors.message=a!",
                "__dlq.errors.exception=System.InvalidOperationException", "__dlq.errors.timestamp=7",
            ],
            letter.Headers.Select(header => $"{header.Key}={Encoding.UTF8.GetString(header.Value.Span)}"));
        Assert.False(letter.Headers[1].HasValue);
        Assert.InRange(Machine.Time.GetUtcNow() - letter.Timestamp, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.Equal(2, consumer.Position(Partition(1)));
        Assert.Contains(
            "Warning: Record orders-1@1 failed and is kept as dead letter orders.dead-letters-0@0; its handler was "
            + "called 2 times.",
            Lines.All);
        Stop(loop);
    }

    [Fact]
    public void DeadLetter_TheTopicIsMissing_IsMadeWithTheSourcesRetentionAndRoom()
    {
        RetentionPolicy retention = new() { MaxAge = TimeSpan.FromDays(3) };
        Machine.Run(Log.EnsureTopicAsync(
            "orders", new TopicOptions { Partitions = 2, Retention = retention, SegmentBytes = 16 << 10 }));
        Append(0, "a!");
        using Consumer<string?, string> consumer = Consume();
        Task loop = Start(consumer, Options());

        TopicOptions made = Log.GetTopic(Dead).Options;

        Assert.Equal(1, made.Partitions);
        Assert.Equal(TimeSpan.FromDays(3), made.Retention.MaxAge);
        Assert.Equal(Topic.Options.MaxRecordBytes + (16 << 10), made.MaxRecordBytes);
        Stop(loop);
    }

    [Fact]
    public void DeadLetter_OfOneOfSeveralTopics_MakesRoomForTheLargestRecordOfAll()
    {
        const int Largest = 3 << 20;
        Machine.Run(Log.CreateTopicAsync("payments", new TopicOptions { MaxRecordBytes = Largest }));
        Append(0, "a!");
        using Consumer<string?, string> consumer =
            Log.CreateConsumer<string?, string>(Subscription.Topics("orders", "payments"));

        Task loop = Start(consumer, Options());

        Assert.Equal(Largest + (16 << 10), Log.GetTopic(Dead).Options.MaxRecordBytes);
        Stop(loop);
    }

    [Fact]
    public void DeadLetter_TheLargestRecordOfTheSource_FitsWithTheLongestHeaders()
    {
        string group = new('g', 249);
        const int MaxBytes = 1_000;
        Machine.Run(Log.EnsureTopicAsync("orders", new TopicOptions { Partitions = 2, MaxRecordBytes = MaxBytes }));
        byte[] value = new byte[MaxBytes];
        long kept = 0;
        for (int length = MaxBytes; kept == 0; length--)
        {
            try
            {
                Topic[0].Append(new RawRecord(value.AsSpan(0, length)));
                kept = length;
            }
            catch (RecordTooLargeException)
            {
                // One byte less.
            }
        }

        using Consumer<byte[]?, byte[]> consumer = Log.CreateConsumer<byte[]?, byte[]>("orders", group);
        SynchronizationContext.SetSynchronizationContext(null);
        Task loop = consumer.ForEachAsync(
            (_, _) => throw new InvalidOperationException(new string('\u20ac', 100_000)),
            Options(),
            StopSource.Token);
        Machine.Scheduler.RunUntilIdle();

        Assert.Equal(kept, Assert.Single(Letters()).Value!.Length);
        Stop(loop);
    }

    [Fact]
    public void DeadLetter_AnExceptionWithoutUsableText_IsKeptAllTheSame()
    {
        Append(0, "a", "b");
        using Consumer<string?, string> consumer = Consume();

        Task loop = Start(consumer, Options(), (record, _) => throw (record.Value == "a"
            ? new SilentException()
            : new InvalidOperationException("half a pair: \ud800")));

        Assert.Equal(
            ["SilentException, whose message cannot be read.", "half a pair: \ufffd"],
            Letters().Select(letter => Text(letter.Headers, DeadLetterHeaders.Message)));
        Stop(loop);
    }

    [Fact]
    public void DeadLetter_ARecordCannotBeRead_IsKeptWithItsBytes()
    {
        Append(0, "a", "k1:bad", "c");
        using Consumer<string?, string> consumer =
            Log.CreateConsumer<string?, string>("orders", "g", values: new PickyDeserializer());

        Task loop = Start(consumer, Options(attempts: 5));

        Record<string?, string?> letter = Assert.Single(Letters());
        Assert.Equal("k1=bad", $"{letter.Key}={letter.Value}");
        Assert.Equal("0", Text(letter.Headers, DeadLetterHeaders.DeliveryCount));
        Assert.Equal(
            "EmbeddedLog.RecordDeserializationException", Text(letter.Headers, DeadLetterHeaders.Exception));
        Assert.Equal(["a+", "a-", "c+", "c-"], Events);
        Assert.Equal(3, consumer.Position(Partition(0)));
        Stop(loop);
    }

    [Fact]
    public void DeadLetter_TheTopicExists_IsLeftAsItIsAndGetsThePartitionsNumber()
    {
        Machine.Run(Log.CreateTopicAsync(Dead, new TopicOptions { Partitions = 3, MaxRecordBytes = 500 }));
        Machine.Run(Log.AddPartitionsAsync("orders", 6));
        Append(4, "a!");
        using Consumer<string?, string> consumer = Consume();

        Task loop = Start(consumer, Options());

        Assert.Equal(1, Assert.Single(Letters()).Partition);
        Assert.Equal(500, Log.GetTopic(Dead).Options.MaxRecordBytes);
        Stop(loop);
    }

    [Fact]
    public void DeadLetter_WithoutAGroup_NamesNone()
    {
        Append(0, "a!");
        using Consumer<string?, string> consumer = Log.CreateConsumer<string?, string>("orders");

        Task loop = Start(consumer, Options());

        Assert.False(Assert.Single(Letters()).Headers.TryGetLast(DeadLetterHeaders.Group, out _));
        Stop(loop);
    }

    [Fact]
    public void DeadLetter_IsTooLargeForTheTopic_StopsWithBothAndDropsNothing()
    {
        Machine.Run(Log.CreateTopicAsync(Dead, new TopicOptions { MaxRecordBytes = 100 }));
        Append(0, "a", "b!", "c");
        using Consumer<string?, string> consumer = Consume();

        Task loop = Start(consumer, Options());

        AggregateException both = Assert.Throws<AggregateException>(loop.Ended);
        Assert.IsType<InvalidOperationException>(both.InnerExceptions[0]);
        Assert.Equal(Dead, Assert.IsType<RecordTooLargeException>(both.InnerExceptions[1]).Topic);
        Assert.Equal(1, consumer.Committed(Partition(0)));
        Assert.Equal(["b!", "c"], Machine.Run(consumer.TakeToEndAsync).Values());
    }

    [Fact]
    public void DeadLetter_TheFlushFails_StopsAndDropsNothing()
    {
        Machine.Run(Log.CreateTopicAsync(Dead));
        Append(0, "a!", "b");
        using Consumer<string?, string> consumer = Consume();
        Machine.Run(Log.FlushAsync());
        Machine.Disk.FailNextFlush();

        Task loop = Start(consumer, Options());

        AggregateException both = Assert.Throws<AggregateException>(loop.Ended);
        Assert.Equal(Dead, Assert.IsType<PartitionFailedException>(both.InnerExceptions[1]).Topic);
        Assert.Equal(0, consumer.Position(Partition(0)));
        Assert.DoesNotContain("b+", Events);
    }

    [Fact]
    public void DeadLetter_TheNextOfItsKey_BeginsWhenItIsOnTheDisk()
    {
        Append(0, "k1:a!", "k1:b");
        using Consumer<string?, string> consumer = Consume();
        long durable = -1;

        Task loop = Start(consumer, Options(), (record, token) =>
        {
            durable = record.Value == "b" ? Log.GetTopic(Dead)[0].DurableOffset : durable;
            return HandleAsync(record, token);
        });

        Assert.Equal(1, durable);
        Stop(loop);
    }

    [Fact]
    public void FailureHandler_ChoosesADeadLetter_KeepsThatRecordOnly()
    {
        Append(0, "a!", "b!");
        using Consumer<string?, string> consumer = Consume();
        ForEachOptions options = Options();
        options.OnFailure = FailureAction.Stop;
        options.FailureHandler = (record, _) => ValueTask.FromResult(
            record.At.Offset == 0 ? FailureAction.Skip : FailureAction.DeadLetter);

        Task loop = Start(consumer, options);

        Assert.Equal("b!", Assert.Single(Letters()).Value);
        Stop(loop);
    }

    [Fact]
    public void FailureHandler_ChoosesADeadLetterWithoutATopic_StopsAndSaysSo()
    {
        Append(0, "a!");
        using Consumer<string?, string> consumer = Consume();

        Task loop = Start(consumer, new ForEachOptions
        {
            FailureHandler = (_, _) => ValueTask.FromResult(FailureAction.DeadLetter),
        });

        AggregateException both = Assert.Throws<AggregateException>(loop.Ended);
        Assert.Equal(
            "The failure handler chose DeadLetter for record orders-0@0, and there is no topic for it. Set "
            + "ForEachOptions.DeadLetterTopic.",
            both.InnerExceptions[1].Message);
        Assert.Equal(0, consumer.Position(Partition(0)));
    }

    [Fact]
    public void DeadLetterTopic_ThatTheConsumerReads_IsRefused()
    {
        Machine.Run(Log.CreateTopicAsync(Dead));
        Subscription[] all =
        [
            Dead,
            Subscription.Topics("orders", Dead),
            Subscription.Partitions(new TopicPartition(Dead, 0)),
            Subscription.Matching(new Regex("^orders")),
        ];

        Assert.All(all, topics =>
        {
            using Consumer<string?, string> consumer = Log.CreateConsumer<string?, string>(topics);
            Assert.Contains(
                "The consumer reads topic 'orders.dead-letters' itself",
                Assert.Throws<ArgumentException>(
                    "options", () => { _ = consumer.ForEachAsync(HandleAsync, Options()); }).Message,
                StringComparison.Ordinal);
        });
    }

    [Fact]
    public void DeadLetterTopic_OfALogThatIsOnlyRead_IsRefused()
    {
        using ReadOnlyLog reader =
            ReadOnlyLog.Open(OpenLog.Directory, new ReadOnlyLogOptions(), Machine.Platform);
        using Consumer<string?, string> consumer = reader.CreateConsumer<string?, string>("orders");

        Assert.Contains(
            "A process that only reads the log cannot append dead letters to 'orders.dead-letters'.",
            Assert.Throws<ArgumentException>(
                "options", () => { _ = consumer.ForEachAsync(HandleAsync, Options()); }).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Requeue_ADeadLetter_AppendsTheRecordWithoutTheHeadersOfTheFailure()
    {
        Header[] headers = [new Header("trace", "1")];
        Topic[1].Append(new RawRecord("key"u8, "a!"u8) { Headers = headers });
        using Consumer<string?, string> consumer = Consume();
        Task loop = Start(consumer, Options());

        RecordMetadata again = Machine.Run(Log.RequeueAsync(new TopicPartitionOffset(Dead, 0, 0)));

        Assert.Equal("orders-1@1", again.ToString());
        Assert.Equal(2, Topic[1].DurableOffset);
        Machine.Scheduler.RunUntilIdle();
        Assert.Equal(["a!+", "a!+"], Events);
        Assert.Equal(2, Letters().Count);
        Assert.All(Letters(), letter => Assert.Equal(9, letter.Headers.Count));
        Stop(loop);
    }

    [Fact]
    public void Requeue_ADeadLetterOfADeadLetter_IsTheFirstOneAgain()
    {
        Append(0, "a!");
        using Consumer<string?, string> consumer = Consume();
        Task loop = Start(consumer, Options());
        using Consumer<string?, string> second = Log.CreateConsumer<string?, string>(Dead, "g2");
        ForEachOptions options = Options();
        options.DeadLetterTopic = "twice";
        Task other = Start(second, options);

        RecordMetadata again = Machine.Run(Log.RequeueAsync(new TopicPartitionOffset("twice", 0, 0)));

        Assert.Equal("orders.dead-letters-0@1", again.ToString());
        List<Record<string?, string?>> letters = Letters();
        Assert.Equal(letters[0].Headers.Select(header => header.Key), letters[1].Headers.Select(header => header.Key));
        Assert.Equal("orders", Text(letters[1].Headers, DeadLetterHeaders.Topic));
        Stop(loop);
        Assert.ThrowsAny<OperationCanceledException>(other.Ended);
    }

    [Fact]
    public void Requeue_WhatIsNone_IsRefused()
    {
        Append(0, "a");

        Assert.StartsWith(
            "Record orders-0@0 is no dead letter",
            Assert.Throws<InvalidOperationException>(() => Requeue("orders", 0)).Message,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "There is no record orders-0@1",
            Assert.Throws<OffsetUnavailableException>(() => Requeue("orders", 1)).Message,
            StringComparison.Ordinal);
        Assert.Throws<UnknownTopicException>(() => Requeue("order", 0));

        void Requeue(string topic, long offset) =>
            Machine.Run(Log.RequeueAsync(new TopicPartitionOffset(topic, 0, offset)));
    }

    private static ForEachOptions Options(int attempts = 1) => new()
    {
        OnFailure = FailureAction.DeadLetter,
        DeadLetterTopic = Dead,
        Retry = new RetryOptions { MaxAttempts = attempts },
    };

    private static string Text(Headers headers, string name)
    {
        Assert.True(headers.TryGetLast(name, out Header header));
        return Encoding.UTF8.GetString(header.Value.Span);
    }

    private List<Record<string?, string?>> Letters()
    {
        using Consumer<string?, string?> reader = Log.CreateConsumer<string?, string?>(Dead);
        return Machine.Run(reader.TakeToEndAsync);
    }

    private sealed class SilentException : Exception
    {
        public SilentException()
        {
        }

        public SilentException(string message)
            : base(message)
        {
        }

        public SilentException(string message, Exception inner)
            : base(message, inner)
        {
        }

        public override string Message => throw new InvalidOperationException();
    }
}

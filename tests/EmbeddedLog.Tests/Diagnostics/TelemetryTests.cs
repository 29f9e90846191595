using System.Diagnostics;
using System.Diagnostics.Metrics;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Diagnostics;

/// <summary>
/// Alone, since listeners hear all logs of the process, and simulated ones would do other work for them.
/// </summary>
[Collection(Alone.Name)]
public sealed class TelemetryTests
{
    private const string Topic = "telemetry.orders";

    [Fact]
    public async Task Sends_ThatAreListenedTo_AreCountedAndTimed()
    {
        using TempDirectory root = new();
        await using CommitLog log = await CommitLog.OpenAsync(root["log"]);
        await log.CreateTopicAsync(Topic, new TopicOptions { Partitions = 2 });
        await using Producer<string, string> producer = log.CreateProducer<string, string>(Topic);
        using Listening heard = new(Topic);

        RecordMetadata first = await producer.ProduceAsync("key", "value");
        producer.Produce("key", "value");
        Assert.True(producer.TryProduce("key", "value", out _));
        await producer.ProduceBatchAsync([new("a", "1"), new("b", "2"), new("c", "3")]);
        await Assert.ThrowsAsync<RecordTooLargeException>(
            async () => await producer.ProduceAsync("key", new string('x', 2 << 20)));

        Listening.Told[] sent = heard.Of("messaging.client.sent.messages");
        Assert.Equal([1, 1, 1, 3, 1], sent.Select(each => each.Value));
        Assert.All(sent, each => Assert.Equal("embeddedlog", each.Tags["messaging.system"]));
        Assert.All(sent, each => Assert.Equal("send", each.Tags["messaging.operation.name"]));
        Assert.Equal($"{first.Partition}", sent[0].Tags["messaging.destination.partition.id"]);
        Assert.False(sent[0].Tags.ContainsKey("error.type"));
        Assert.Equal(typeof(RecordTooLargeException).FullName, sent[^1].Tags["error.type"]);
        Assert.Equal(5, heard.Of("messaging.client.operation.duration").Length);
        Activity[] activities = [.. heard.Activities];
        Assert.Equal(5, activities.Length);
        Assert.All(activities, each => Assert.Equal($"send {Topic}", each.DisplayName));
        Assert.All(activities, each => Assert.Equal(ActivityKind.Producer, each.Kind));
        Assert.Equal(first.Offset, activities[0].GetTagItem("embeddedlog.offset"));
        Assert.Equal(3, activities[3].GetTagItem("messaging.batch.message_count"));
        Assert.Equal(ActivityStatusCode.Error, activities[4].Status);
    }

    [Fact]
    public async Task Handlers_OfTracedRecords_AreInTheTraceOfTheProducer()
    {
        using TempDirectory root = new();
        await using CommitLog log = await CommitLog.OpenAsync(root["log"]);
        await log.CreateTopicAsync(Topic);
        await using Producer<string, string> producer = log.CreateProducer<string, string>(Topic);
        await using Consumer<string, string> consumer = log.CreateConsumer<string, string>(Topic, "billing");
        using Listening heard = new(Topic);
        await producer.ProduceAsync("key", "value");
        await producer.ProduceBatchAsync([new("key", "2")]);
        Activity[] sends = [.. heard.Activities];
        List<Activity?> current = [];

        // What has begun the loop is no part of the trace of a record.
        using Activity caller = new Activity("caller").Start();
        await HandleAsync(consumer, 2, (_, _) =>
        {
            current.Add(Activity.Current);
            return ValueTask.CompletedTask;
        });

        Activity[] handled = [.. heard.Activities.Skip(sends.Length)];
        Assert.Equal(handled, current);
        Assert.Equal(sends.Select(each => each.TraceId), handled.Select(each => each.TraceId));
        Assert.Equal(sends.Select(each => each.SpanId), handled.Select(each => each.ParentSpanId));
        Assert.All(handled, each => Assert.Equal(ActivityKind.Consumer, each.Kind));
        Assert.All(handled, each => Assert.Equal("billing", each.GetTagItem("messaging.consumer.group.name")));
        Assert.Same(caller, Activity.Current);
        Listening.Told[] processed = heard.Of("messaging.process.duration");
        Assert.Equal(2, processed.Length);
        Assert.Equal("billing", processed[0].Tags["messaging.consumer.group.name"]);
        Assert.Equal(2, heard.Of("messaging.client.consumed.messages").Sum(each => each.Value));
    }

    [Fact]
    public async Task Headers_OfARecordThatIsPassedOn_HaveTheTraceOfTheNewSend()
    {
        using TempDirectory root = new();
        await using CommitLog log = await CommitLog.OpenAsync(root["log"]);
        await log.CreateTopicAsync(Topic);
        await using Producer<string, string> producer = log.CreateProducer<string, string>(Topic);
        using Listening heard = new(Topic, metrics: false);
        Headers headers = new() { { "traceparent", "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01" } };
        headers.Add("own", "kept");

        await producer.ProduceAsync(new ProducerRecord<string, string>("key", "value") { Headers = headers });

        Record<string, string> record = await ReadOneAsync(log);
        Assert.Equal(["own", "traceparent"], record.Headers.Select(each => each.Key));
        Assert.Equal(Assert.Single(heard.Activities).Id, record.Headers[1].GetString());
        Assert.Equal(2, headers.Count);
    }

    [Fact]
    public async Task Headers_WithoutAListener_AreThoseThatWereGiven()
    {
        using TempDirectory root = new();
        await using CommitLog log = await CommitLog.OpenAsync(root["log"]);
        await log.CreateTopicAsync(Topic);
        await using Producer<string, string> producer = log.CreateProducer<string, string>(Topic);
        using Activity caller = new Activity("caller").Start();

        await producer.ProduceAsync("key", "value");

        Assert.Empty((await ReadOneAsync(log)).Headers);
    }

    [Fact]
    public async Task Handler_OfRecordsWithAnyTraceparent_IsCalled()
    {
        using TempDirectory root = new();
        await using CommitLog log = await CommitLog.OpenAsync(root["log"]);
        await log.CreateTopicAsync(Topic);
        await using Producer<string, string> producer = log.CreateProducer<string, string>(Topic);
        byte[][] hostile = [[], [0xFF, 0xFE], new byte[70_000], "00-zz-zz-zz"u8.ToArray()];
        foreach (byte[] value in hostile)
        {
            await producer.ProduceAsync(new ProducerRecord<string, string>("key", "value")
            {
                Headers = new Headers { { "traceparent", value }, { "tracestate", value } },
            });
        }

        await producer.ProduceAsync(new ProducerRecord<string, string>("key", "value")
        {
            Headers = new Headers { { "traceparent", (string?)null } },
        });
        await using Consumer<string, string> consumer = log.CreateConsumer<string, string>(Topic, "billing");
        using Listening heard = new(Topic);

        await HandleAsync(consumer, hostile.Length + 1, (_, _) => ValueTask.CompletedTask);

        Assert.All(heard.Activities, each => Assert.Null(each.ParentId));
        Assert.Equal(hostile.Length + 1, heard.Activities.Count);
    }

    [Fact]
    public async Task DeadLetters_AndFailedAttempts_AreCounted()
    {
        using TempDirectory root = new();
        await using CommitLog log = await CommitLog.OpenAsync(root["log"]);
        await log.CreateTopicAsync(Topic);
        await using Producer<string, string> producer = log.CreateProducer<string, string>(Topic);
        await producer.ProduceAsync("key", "bad");
        await producer.ProduceAsync("key", "good");
        await using Consumer<string, string> consumer = log.CreateConsumer<string, string>(Topic, "billing");
        using Listening heard = new(Topic);

        await HandleAsync(
            consumer,
            1,
            (record, _) => record.Value == "bad" ? throw new InvalidDataException("bad") : ValueTask.CompletedTask,
            new ForEachOptions
            {
                Retry = new RetryOptions { MaxAttempts = 3, Delay = TimeSpan.Zero },
                OnFailure = FailureAction.DeadLetter,
                DeadLetterTopic = $"{Topic}.dead",
            });

        Listening.Told kept = Assert.Single(heard.Of("embeddedlog.dead_letters"));
        Assert.Equal("billing", kept.Tags["messaging.consumer.group.name"]);
        Listening.Told[] attempts = heard.Of("messaging.process.duration");
        Assert.Equal(4, attempts.Length);
        Assert.Equal(3, attempts.Count(each =>
            each.Tags.GetValueOrDefault("error.type") as string == typeof(InvalidDataException).FullName));
        Assert.Equal(3, heard.Activities.Count(each => each.Status == ActivityStatusCode.Error));
    }

    [Fact]
    public async Task Gauges_OfAnOpenLog_SaySizeAndLag()
    {
        using TempDirectory root = new();
        await using CommitLog log = await CommitLog.OpenAsync(root["log"]);
        Topic topic = await log.CreateTopicAsync(Topic);
        await using Producer<string, string> producer = log.CreateProducer<string, string>(Topic);
        await using Consumer<string, string> consumer = log.CreateConsumer<string, string>(Topic, "billing");
        await producer.ProduceBatchAsync([new("a", "1"), new("b", "2"), new("c", "3")]);
        await consumer.CommitAsync(new NextOffset(new TopicPartition(Topic, 0), 1));
        using Listening heard = new(Topic, activities: false);

        Listening.Told size = Assert.Single(heard.Collect("embeddedlog.partition.size"));
        Listening.Told lag = Assert.Single(heard.Collect("embeddedlog.consumer.lag"));
        Listening.Told time = Assert.Single(heard.Collect("embeddedlog.consumer.lag.time"));

        Assert.Equal(topic[0].SizeBytes, size.Value);
        Assert.Equal(log.Directory, size.Tags["embeddedlog.directory"]);
        Assert.Equal(2, lag.Value);
        Assert.Equal("billing", lag.Tags["messaging.consumer.group.name"]);
        Assert.True(time.Value >= 0);
        Assert.Equal(1, Assert.Single(heard.Collect("embeddedlog.partition.segments")).Value);
        Assert.Equal(0, Assert.Single(heard.Collect("embeddedlog.partition.failed")).Value);
        await log.DisposeAsync();
        Assert.Empty(heard.Collect("embeddedlog.partition.size"));
    }

    [Fact]
    public async Task Flushes_OfARound_AreTimedAndSayHowManyRecords()
    {
        using TempDirectory root = new();
        using Listening heard = new(Topic, activities: false);
        await using (CommitLog log = await CommitLog.OpenAsync(root["log"]))
        {
            Topic topic = await log.CreateTopicAsync(Topic);
            for (int i = 0; i < 10; i++)
            {
                topic[0].Append(new RawRecord("value"u8));
            }

            await topic[0].FlushAsync();
        }

        // Told from the pool, so that it may come after the flush was acknowledged.
        await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(() => { })));
        SpinWait.SpinUntil(
            () => heard.Of("embeddedlog.flush.records").Sum(each => each.Value) == 10, TimeSpan.FromSeconds(10));
        Assert.Equal(10, heard.Of("embeddedlog.flush.records").Sum(each => each.Value));
        Assert.NotEmpty(heard.Of("embeddedlog.flush.duration"));
        Assert.Equal(10, heard.Of("embeddedlog.append.duration").Length);
    }

    /// <summary>It belongs to one thread, and whoever collects is another one.</summary>
    [Fact]
    public async Task Collect_OfASimulatedLog_DoesNotLookAtIt()
    {
        using SimulatedPlatform machine = new(seed: 1);
        CommitLog simulated = machine.Run(OpenLog.OnAsync(machine));
        machine.Run(simulated.CreateTopicAsync("simulated"));
        using TempDirectory root = new();
        await using CommitLog real = await CommitLog.OpenAsync(root["log"]);
        await real.CreateTopicAsync("real");
        List<string> topics = [];
        using MeterListener listener = new();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "embeddedlog.partition.segments")
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            foreach ((string name, object? value) in tags)
            {
                if (name == TelemetryTags.Topic)
                {
                    topics.Add((string)value!);
                }
            }
        });
        listener.Start();
        listener.RecordObservableInstruments();

        Assert.Contains("real", topics);
        Assert.DoesNotContain("simulated", topics);
        machine.Run(simulated.DisposeAsync());
    }

    [Fact]
    public async Task Listeners_ThatThrow_BreakNothing()
    {
        using TempDirectory root = new();
        int calls = 0;
        using Listening heard = new(Topic, onCall: () =>
        {
            Interlocked.Increment(ref calls);
            throw new InvalidOperationException("A listener of the test.");
        });
        await using CommitLog log = await CommitLog.OpenAsync(root["log"]);
        Topic topic = await log.CreateTopicAsync(Topic, new TopicOptions
        {
            SegmentBytes = 16 << 10,
            Retention = new RetentionPolicy { MaxBytesPerPartition = 1 },
        });
        await using Producer<string, string> producer = log.CreateProducer<string, string>(Topic);
        await using Consumer<string, string> consumer = log.CreateConsumer<string, string>(Topic, "billing");

        await producer.ProduceAsync("key", "1");
        producer.Produce("key", "2");
        Assert.True(producer.TryProduce("key", "3", out _));
        await producer.ProduceBatchAsync([new("key", "4"), new("key", "5")]);
        List<string> handled = [];
        await HandleAsync(consumer, 5, (record, _) =>
        {
            handled.Add(record.Value);
            return ValueTask.CompletedTask;
        });
        for (int i = 0; i < 20; i++)
        {
            topic[0].Append(new RawRecord(new byte[4_000]));
        }

        await log.ApplyRetentionAsync();

        Assert.Equal(["1", "2", "3", "4", "5"], handled);
        Assert.True(topic[0].StartOffset > 0);
        Assert.True(calls > 20);
    }

    /// <summary>Handles so many records that are handled without a failure, and ends the loop.</summary>
    private static async Task HandleAsync(
        Consumer<string, string> consumer,
        int count,
        Func<Record<string, string>, CancellationToken, ValueTask> handler,
        ForEachOptions? options = null)
    {
        using CancellationTokenSource done = new();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => consumer.ForEachAsync(
            async (record, token) =>
            {
                await handler(record, token);
                if (--count == 0)
                {
                    await done.CancelAsync();
                }
            },
            options,
            done.Token));
    }

    private static async Task<Record<string, string>> ReadOneAsync(CommitLog log)
    {
        await using Consumer<string, string> consumer = log.CreateConsumer<string, string>(Topic);
        await foreach (Record<string, string> record in consumer.ReadToEndAsync())
        {
            return record;
        }

        throw new InvalidOperationException("There is no record.");
    }
}

using EmbeddedLog.Tests.Diagnostics;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.UserCode;

/// <summary>
/// No listener of metrics or activities is called under a lock; as <see cref="LockTests"/>, but alone, since listeners
/// hear all logs of the process.
/// </summary>
[Collection(Alone.Name)]
public sealed class ListenerLockTests
{
    private const string Topic = "telemetry.locks";

    [Fact]
    public async Task Listeners_CalledByAnything_AreCalledUnderNoLock()
    {
        using TempDirectory root = new();
        Asker asker = new();
        using Listening heard = new(Topic, onCall: asker.Look);
        await using CommitLog log = await CommitLog.OpenAsync(root["log"]);
        Topic topic = await log.CreateTopicAsync(Topic, new TopicOptions
        {
            SegmentBytes = 16 << 10,
            MaxRecordBytes = 4_000,
            Retention = new RetentionPolicy { MaxBytesPerPartition = 1 },
        });
        await using Producer<string, string> producer = log.CreateProducer<string, string>(Topic);
        await using Consumer<string, string> consumer = log.CreateConsumer<string, string>(Topic, "group");
        await using Consumer<string, string> other = log.CreateConsumer<string, string>(Topic, "other");
        int flushes = 0;
        asker.Ask = () =>
        {
            TopicPartition partition = topic[0].TopicPartition;
            consumer.Pause(partition);
            consumer.Resume(partition);
            consumer.Committed(partition);
            other.CommitAsync(new NextOffset(partition, topic[0].StartOffset)).AsTask().GetAwaiter().GetResult();
            topic[0].Append(new RawRecord("asked"u8));
            if (Interlocked.Increment(ref flushes) < 20)
            {
                // Each one is told too, by which another one is asked for.
                topic[0].Flush();
            }

            log.CreateConsumer<string, string>(Topic, null).Dispose();
            log.GetPins();
        };

        for (int round = 0; round < 2; round++)
        {
            await producer.ProduceAsync("key", "value");
            await producer.ProduceBatchAsync([new("key", "value")]);
            producer.Produce("key", "value");
            topic[0].Append(new RawRecord("key"u8, new byte[3_000]));
            using CancellationTokenSource done = new();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => consumer.ForEachAsync((_, _) => new ValueTask(done.CancelAsync()), null, done.Token));
            await log.ApplyRetentionAsync();
            heard.Collect("embeddedlog.consumer.lag");
        }

        Assert.Null(asker.Failure);
        Assert.Equal(0, asker.KeptOut);
        Assert.True(asker.Asked > 0);
        asker.Ask = null;
    }
}

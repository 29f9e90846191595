using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.UserCode;

/// <summary>
/// No code of the user's is called under a lock: while it runs, other threads can use the log, the producer and the
/// consumer.
/// </summary>
public sealed class LockTests
{
    private const int Rounds = 10;

    /// <summary>What the user gives.</summary>
    public enum Code
    {
        /// <summary>The clock and its timers.</summary>
        Clock,

        /// <summary>The logger.</summary>
        Logger,

        /// <summary>Of keys and values.</summary>
        Serializer,

        /// <summary>Of keys and values.</summary>
        Deserializer,

        /// <summary>The partitioner of a producer.</summary>
        Partitioner,

        /// <summary>What verifications and backups tell how far they are.</summary>
        Progress,
    }

    public static MatrixTheoryData<Code, Durability> All =>
        new(Enum.GetValues<Code>(), [Durability.Written, Durability.Flushed]);

    [Theory]
    [MemberData(nameof(All))]
    public async Task UserCode_CalledByAnything_IsCalledUnderNoLock(Code code, Durability durability)
    {
        using TempDirectory root = new();
        Asker asker = new();
        AskingSerde serde = new(
            code == Code.Serializer ? asker : null,
            code == Code.Deserializer ? asker : null,
            code == Code.Partitioner ? asker : null);
        await using CommitLog log = await CommitLog.OpenAsync(root["log"], new CommitLogOptions
        {
            TimeProvider = code == Code.Clock ? new AskingTime(asker) : TimeProvider.System,
            LoggerFactory = code == Code.Logger ? new AskingLogger(asker) : null,
            ScrubBytesPerSecond = 1L << 30,
            ScrubInterval = TimeSpan.FromSeconds(1),
        });
        Topic topic = await log.CreateTopicAsync("topic", new TopicOptions { Partitions = 2 });
        Topic brief = await log.CreateTopicAsync("brief", new TopicOptions
        {
            SegmentBytes = 16 << 10,
            MaxRecordBytes = 4_000,
            Retention = new RetentionPolicy { MaxBytesPerPartition = 1 },
        });
        await using Producer<string, string> producer = log.CreateProducer<string, string>(
            "topic", new ProducerOptions { Partitioner = serde }, serde, serde);
        await using Consumer<string, string> consumer = log.CreateConsumer<string, string>(
            "topic",
            "group",
            new ConsumerOptions { CommitInterval = TimeSpan.FromMilliseconds(1), CommitDurability = durability },
            serde,
            serde);
        await using Consumer<string, string> late = log.CreateConsumer<string, string>("brief", "late");
        await using Consumer<string, string> other = log.CreateConsumer<string, string>("topic", "other");

        // What takes the locks of the consumer, of the committed offsets, of the producer, of the partition, of the
        // topics and of the log.
        asker.Ask = () =>
        {
            TopicPartition partition = topic[0].TopicPartition;
            consumer.Pause(partition);
            consumer.Resume(partition);
            consumer.Committed(partition);
            other.CommitAsync(new NextOffset(new("topic", 1), 0)).AsTask().GetAwaiter().GetResult();
            producer.TryProduce("asked", "asked", out _);
            topic[0].Append(new RawRecord("asked"u8));
            log.CreateConsumer<string, string>("topic", null).Dispose();
            log.GetPins();
        };
        for (int round = 0; round < Rounds; round++)
        {
            await producer.ProduceAsync("key", "value");
            await UseAsync(consumer, topic);
            brief[0].Append(new RawRecord("key"u8, new byte[3_000]));
            brief[0].Append(new RawRecord("key"u8, new byte[3_000]));
            await log.ApplyRetentionAsync();
            late.Seek(new TopicPartitionOffset("brief", 0, 0));
            await ReadAsync(late, atMost: 5);
        }

        Progress progress = new(code == Code.Progress ? asker : null);
        await log.VerifyAsync(null, progress);
        await log.BackupAsync(root["backup"], null, progress);
        Assert.Null(asker.Failure);
        Assert.Equal(0, asker.KeptOut);
        Assert.True(asker.Asked > 0);
        asker.Ask = null;
    }

    private static async Task UseAsync(Consumer<string, string> consumer, Topic topic)
    {
        consumer.Seek(new TopicPartitionOffset("topic", 0, topic[0].StartOffset));
        await ReadAsync(consumer, atMost: 5);
        await consumer.CommitFinishedAsync();
        await consumer.CommitAsync(new NextOffset(new("topic", 0), 0));
    }

    /// <summary>Not all there is: the more is asked, the more there is.</summary>
    private static async Task ReadAsync(Consumer<string, string> consumer, int atMost)
    {
        await foreach (Record<string, string> record in consumer.ReadToEndAsync())
        {
            if (--atMost == 0)
            {
                break;
            }
        }
    }

    private sealed class Progress(Asker? asker) : IProgress<VerifyProgress>, IProgress<BackupProgress>
    {
        public void Report(VerifyProgress value) => asker?.Look();

        public void Report(BackupProgress value) => asker?.Look();
    }
}

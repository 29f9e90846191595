using System.Globalization;

namespace EmbeddedLog.Tests.Probe;

/// <summary>
/// Whole lives of a log while all threads of the pool, as few as the runtime allows, are held by something else. They
/// come to their ends where neither opening nor disposing needs the pool.
/// </summary>
internal static class StarvedClosing
{
    private const int Partitions = 40;
    private const int Records = 4_000;

    public static string Run(string path)
    {
        int threads = Environment.ProcessorCount;
        if (!ThreadPool.SetMinThreads(threads, 1) || !ThreadPool.SetMaxThreads(threads, 1))
        {
            return "the pool cannot be made so small";
        }

        using ManualResetEventSlim release = new();
        using CountdownEvent held = new(threads);
        for (int i = 0; i < threads; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                _ =>
                {
                    held.Signal();
                    release.Wait();
                },
                null);
        }

        held.Wait();
        Live(path);
        WaitForOwner(path);
        using CommitLog last = CommitLog.Open(path);
        using Consumer<string, byte[]> consumer = last.CreateConsumer<string, byte[]>("topic", "group");
        IReadOnlyList<OwnedPartition> partitions = last.GetTopic("topic").Partitions;
        long durable = partitions.Sum(partition => partition.DurableOffset);
        long committed = partitions.Sum(partition => Committed(consumer, partition.TopicPartition));
        release.Set();
        return string.Create(
            CultureInfo.InvariantCulture, $"clean {last.Recovery.Clean}, durable {durable}, committed {committed}");
    }

    private static long Committed(Consumer<string, byte[]> consumer, TopicPartition partition) =>
        consumer.GetCommittedAsync(partition).AsTask().GetAwaiter().GetResult()?.Next.Offset ?? 0;

    /// <summary>
    /// Partitions that are made side by side, segments that end, commits that are compacted, and users that are left
    /// to the log: all that is done elsewhere is under way, or would be, when the log is disposed.
    /// </summary>
    private static void Live(string path)
    {
        using CommitLog log = CommitLog.Open(path, new CommitLogOptions { ScrubBytesPerSecond = 1 << 20 });
        Topic topic = log.CreateTopicAsync(
            "topic", new TopicOptions { Partitions = Partitions, SegmentBytes = 1 << 20 })
            .AsTask().GetAwaiter().GetResult();
        Producer<string, byte[]> written = log.CreateProducer<string, byte[]>(
            "topic", new ProducerOptions { Durability = Durability.Written });
        Producer<string, byte[]> flushed = log.CreateProducer<string, byte[]>("topic");
        for (int i = 0; i < Records - 1; i++)
        {
            written.Produce(i % 2 == 0 ? null! : "key", new byte[1_000]);
        }

        flushed.Produce("key", new byte[10]);
        Consumer<string, byte[]> consumer = log.CreateConsumer<string, byte[]>(
            "topic",
            "group",
            new ConsumerOptions { CommitInterval = TimeSpan.FromHours(1), CommitDurability = Durability.Flushed });
        foreach (OwnedPartition partition in topic.Partitions)
        {
            consumer.Seek(new TopicPartitionOffset("topic", partition.Number, partition.EndOffset));
        }

        Consumer<string, byte[]> busy = log.CreateConsumer<string, byte[]>("topic", "busy");
        for (int i = 0; i < 40_000; i++)
        {
            busy.CommitAsync(new NextOffset(new("topic", 0), 1)).AsTask().GetAwaiter().GetResult();
        }
    }

    /// <summary>One log waits for the other, which a thread of its own disposes.</summary>
    private static void WaitForOwner(string path)
    {
        CommitLog first = CommitLog.Open(path);
        Thread closing = new(first.Dispose);
        using WaitingSignal waiting = new(closing.Start);
        CommitLog.Open(
            path, new CommitLogOptions { OwnerTimeout = Timeout.InfiniteTimeSpan, LoggerFactory = waiting }).Dispose();
        closing.Join();
    }
}

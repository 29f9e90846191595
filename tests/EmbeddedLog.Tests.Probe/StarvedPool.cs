using System.Globalization;

namespace EmbeddedLog.Tests.Probe;

/// <summary>
/// A thread pool of as few threads as the runtime allows, all of which block: in synchronous sends, and then in
/// something else while threads of their own send. It ends where no flush and no wake-up needs the pool.
/// </summary>
internal static class StarvedPool
{
    private const int Records = 50;

    public static string Run(string path)
    {
        // The runtime refuses fewer than there are processors.
        int threads = Environment.ProcessorCount;
        if (!ThreadPool.SetMinThreads(threads, 1) || !ThreadPool.SetMaxThreads(threads, 1))
        {
            return "the pool cannot be made so small";
        }

        using CommitLog log = CommitLog.Open(path);
        TopicOptions options = new() { Partitions = 3 };
        Topic topic = log.EnsureTopicAsync("topic", options).AsTask().GetAwaiter().GetResult();
        using Producer<string, byte[]> producer = log.CreateProducer<string, byte[]>(
            "topic", new ProducerOptions { MaxInFlightBytes = 4096 });
        SendOnThePool(producer, threads);
        long sent = SendBesideIt(producer, topic, threads);
        return string.Create(CultureInfo.InvariantCulture, $"durable but for {sent}");
    }

    /// <summary>More senders than threads, so that none is free before the last has ended.</summary>
    private static void SendOnThePool(Producer<string, byte[]> producer, int threads)
    {
        using CountdownEvent done = new(4 * threads);
        for (int i = 0; i < done.InitialCount; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                _ =>
                {
                    Send(producer);
                    done.Signal();
                },
                null);
        }

        done.Wait();
    }

    /// <summary>Senders of both kinds while the pool is held by what has nothing to do with the log.</summary>
    private static long SendBesideIt(Producer<string, byte[]> producer, Topic topic, int threads)
    {
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
        Thread[] senders = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() => Send(producer)))];
        Array.ForEach(senders, thread => thread.Start());
        Array.ForEach(senders, thread => thread.Join());

        // Nobody blocks for these, and nobody is woken, but they must reach the disk, with room for all of them.
        for (int i = 0; i < Records; i++)
        {
            _ = producer.ProduceAsync("key", new byte[500]);
        }

        long sent = ((4 * threads) + senders.Length + 1) * Records;
        SpinWait.SpinUntil(() => topic.Partitions.Sum(partition => partition.DurableOffset) >= sent);
        release.Set();
        return topic.Partitions.Sum(partition => partition.DurableOffset) - sent;
    }

    private static void Send(Producer<string, byte[]> producer)
    {
        for (int i = 0; i < Records; i++)
        {
            producer.Produce(i % 2 == 0 ? "key" : null!, new byte[100]);
        }
    }
}

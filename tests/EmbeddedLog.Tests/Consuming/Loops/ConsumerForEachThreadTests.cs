using System.Collections.Concurrent;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Consuming.Loops;

/// <summary>Handlers on the threads of the pool.</summary>
public sealed class ConsumerForEachThreadTests
{
    [Theory]
    [InlineData(ProcessingOrder.Key, 8, 50)]
    [InlineData(ProcessingOrder.Key, 2, 3)]
    [InlineData(ProcessingOrder.Partition, 8, 1_000)]
    public async Task ForEach_ManyRecords_HandlesEachOnceInOrder(ProcessingOrder order, int parallelism, int inHand)
    {
        const int Records = 20_000;
        using TempDirectory directory = new();
        using CommitLog log = CommitLog.Open(directory.Path);
        Topic topic = await log.CreateTopicAsync(
            "topic", new TopicOptions { Partitions = 4 }, TestContext.Current.CancellationToken);
        for (int i = 0; i < Records; i++)
        {
            topic[i % 4].Append(new RawRecord(BitConverter.GetBytes(i % 40), BitConverter.GetBytes(i)));
        }

        using CancellationTokenSource stop = new();
        ConcurrentDictionary<(int, int), long> last = new();
        int handled = 0;
        int running = 0;
        int most = 0;
        string? wrong = null;
        await using (Consumer<byte[], byte[]> consumer = log.CreateConsumer<byte[], byte[]>("topic", "group"))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => consumer.ForEachAsync(
                async (record, _) =>
                {
                    most = Math.Max(most, Interlocked.Increment(ref running));
                    (int, int) lane = (
                        record.Partition, order == ProcessingOrder.Key ? BitConverter.ToInt32(record.Key) : -1);
                    if (!last.TryAdd(lane, record.Offset))
                    {
                        // Negative while its handler runs.
                        long before = last[lane];
                        wrong ??= before < 0 || before > record.Offset ? $"{before}, {record}" : null;
                    }

                    last[lane] = -1;
                    if (record.Offset % 7 == 0)
                    {
                        await Task.Yield();
                    }

                    last[lane] = record.Offset;
                    Interlocked.Decrement(ref running);
                    if (Interlocked.Increment(ref handled) == Records)
                    {
                        await stop.CancelAsync();
                    }
                },
                new ForEachOptions { OrderBy = order, MaxParallelism = parallelism, MaxRecordsInHand = inHand },
                stop.Token));
            Assert.Null(wrong);
            Assert.Equal(Records, handled);
            Assert.InRange(most, 1, parallelism);
            Assert.All(consumer.Assignment, partition =>
                Assert.Equal(Records / 4, consumer.Committed(partition)));
        }
    }
}

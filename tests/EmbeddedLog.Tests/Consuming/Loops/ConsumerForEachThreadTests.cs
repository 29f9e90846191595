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

    [Theory]
    [InlineData(ProcessingOrder.Key)]
    [InlineData(ProcessingOrder.Partition)]
    public async Task ForEach_SomeRecordsFail_KeepsExactlyThoseWithTheirBytes(ProcessingOrder order)
    {
        const int Records = 20_000;
        using TempDirectory directory = new();
        using CommitLog log = CommitLog.Open(directory.Path);
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        Topic topic = await log.CreateTopicAsync("topic", new TopicOptions { Partitions = 4 }, cancellation);
        Topic dead = await log.CreateTopicAsync("dead", new TopicOptions { Partitions = 4 }, cancellation);
        for (int i = 0; i < Records; i++)
        {
            // Values of different lengths, so that the bytes of one record do not pass for those of another.
            topic[i % 4].Append(new RawRecord(
                BitConverter.GetBytes(i % 40), [.. BitConverter.GetBytes(i), .. new byte[i % 1_500]]));
        }

        using CancellationTokenSource stop = new();
        await using Consumer<byte[], byte[]> consumer = log.CreateConsumer<byte[], byte[]>("topic", "group");
        Task loop = consumer.ForEachAsync(
            async (record, _) =>
            {
                if (record.Offset % 7 == 0)
                {
                    await Task.Yield();
                }

                if (BitConverter.ToInt32(record.Value) % 23 == 0)
                {
                    throw new InvalidOperationException();
                }
            },
            new ForEachOptions
            {
                OrderBy = order,
                CommitInterval = TimeSpan.FromMilliseconds(5),
                OnFailure = FailureAction.DeadLetter,
                DeadLetterTopic = "dead",
            },
            stop.Token);
        await using (Consumer<byte[], byte[]> letters = log.CreateConsumer<byte[], byte[]>("dead"))
        {
            // A loop that ends by itself has failed, and its letters would be waited for without end.
            Task<List<Record<byte[], byte[]>>> taking = letters.TakeAsync((Records + 22) / 23, cancellation);
            await (await Task.WhenAny(taking, loop));
            List<Record<byte[], byte[]>> kept = await taking;
            foreach (Record<byte[], byte[]> letter in kept)
            {
                int number = BitConverter.ToInt32(letter.Value);
                Assert.Equal(number % 40, BitConverter.ToInt32(letter.Key));
                Assert.Equal(4 + (number % 1_500), letter.Value.Length);
                Assert.Equal(number % 4, letter.Partition);
            }

            foreach (IGrouping<int, int> lane in kept.GroupBy(
                letter => order == ProcessingOrder.Key ? BitConverter.ToInt32(letter.Key) : letter.Partition,
                letter => BitConverter.ToInt32(letter.Value)))
            {
                Assert.Equal(lane.Order(), lane);
            }

            Assert.Equal(
                Enumerable.Range(0, Records).Where(i => i % 23 == 0),
                kept.Select(letter => BitConverter.ToInt32(letter.Value)).Order());
        }

        await (await Task.WhenAny(consumer.WaitUntilCaughtUpAsync(cancellation).AsTask(), loop));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loop);
        Assert.Equal((Records + 22) / 23, dead.Partitions.Sum(partition => partition.EndOffset));
    }
}

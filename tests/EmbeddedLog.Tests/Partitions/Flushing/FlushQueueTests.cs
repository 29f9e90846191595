using EmbeddedLog.IO;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Producing;

namespace EmbeddedLog.Tests.Partitions.Flushing;

/// <summary>Flushing many partitions with one call.</summary>
public sealed class FlushQueueTests
{
    private const int Many = 12;

    [Fact]
    public void FlushAsync_ManyPartitionsWaitAtOnce_AreFlushedWithOneCall()
    {
        using ProducerFixture topic = Create();
        topic.Files.Reset();

        ValueTask[] flushes = AppendToAll(topic);
        topic.Settle();

        Assert.All(flushes, flush => Assert.True(flush.IsCompletedSuccessfully));
        Assert.All(topic.Partitions, partition => Assert.Equal(partition.EndOffset, partition.Log.DurableEnd));
        Assert.InRange(topic.Files.CallsTogether, 1, 2);
        Assert.Equal(Many, topic.Files.CountOf(FaultKind.Flush));
    }

    [Fact]
    public void FlushAsync_FewerThanAreWorthIt_AreFlushedOneByOne()
    {
        using ProducerFixture topic = Create(minTogether: Many + 1);

        ValueTask[] flushes = AppendToAll(topic);
        topic.Settle();

        Assert.All(flushes, flush => Assert.True(flush.IsCompletedSuccessfully));
        Assert.Equal(0, topic.Files.CallsTogether);
    }

    [Fact]
    public void FlushAsync_OneOfManyFails_EndsThatPartitionAlone()
    {
        using ProducerFixture topic = Create();
        topic.Files.Reset();
        topic.Files.Fail(FaultKind.Flush, 5, FileSystemError.DeviceFailure);

        ValueTask[] flushes = AppendToAll(topic);
        topic.Settle();

        Assert.InRange(topic.Files.CallsTogether, 1, 2);
        int failed = Assert.Single(Enumerable.Range(0, Many), i => topic.Partitions[i].Log.Failure is not null);
        for (int i = 0; i < Many; i++)
        {
            Assert.Equal(i != failed, flushes[i].IsCompletedSuccessfully);
            Assert.Equal(i == failed ? 1 : 2, topic.Partitions[i].Log.DurableEnd);
        }

        Assert.Throws<PartitionFailedException>(() => Append(topic.Partitions[failed]));
    }

    /// <summary>Whoever waits is released, whatever runs when: no request is lost between the two ways.</summary>
    [Theory]
    [InlineData(0.0)]
    [InlineData(0.5)]
    public void FlushAsync_PartitionsOfAllPaces_AllComeToTheirEnd(double yieldProbability)
    {
        const int Appends = 12;
        for (int seed = 0; seed < 40; seed++)
        {
            using ProducerFixture topic = Create(seed, yieldProbability, minTogether: 2 + (seed % 6));
            Task[] loops =
            [
                .. topic.Partitions.Select(partition => AppendAndAwaitAsync(partition, Appends)),
                .. topic.Partitions.Take(3).Select(partition => AppendAndAwaitAsync(partition, Appends)),
            ];
            topic.Settle();

            Assert.All(loops, loop => Assert.True(loop.IsCompletedSuccessfully, $"seed {seed}"));
            Assert.All(topic.Partitions, partition => Assert.Equal(partition.EndOffset, partition.Log.DurableEnd));
            Assert.True(topic.Files.CallsTogether > 0, $"seed {seed}");
        }
    }

    [Fact]
    public void FlushAsync_OneCallTookTooLong_IsNotTriedAgainForAWhile()
    {
        using ProducerFixture topic = Create();
        topic.Files.WhileTogether = () => topic.Machine.Time.Advance(TimeSpan.FromMilliseconds(10));
        AppendToAll(topic);
        topic.Settle();
        topic.Files.WhileTogether = null;
        long calls = topic.Files.CallsTogether;

        AppendToAll(topic);
        topic.Settle();
        Assert.Equal(calls, topic.Files.CallsTogether);

        topic.Machine.Time.Advance(TimeSpan.FromSeconds(1));
        AppendToAll(topic);
        topic.Settle();
        Assert.True(topic.Files.CallsTogether > calls);
        Assert.All(topic.Partitions, partition => Assert.Equal(partition.EndOffset, partition.Log.DurableEnd));
    }

    /// <summary>
    /// One slow call may be a disk that paused. Where all are slow, somebody else keeps the disk busy, and flushes stay
    /// single for ever longer, up to 64 times the loss; a call that was worth it ends that.
    /// </summary>
    [Fact]
    public void FlushAsync_OneCallTooLongAfterAnother_IsPutOffForEverLonger()
    {
        const int LossMilliseconds = 10;
        using ProducerFixture topic = Create();
        topic.Files.WhileTogether = () => topic.Machine.Time.Advance(TimeSpan.FromMilliseconds(LossMilliseconds));
        AppendToAll(topic);
        topic.Settle();

        int[] timesTheLoss = [.. Enumerable.Range(0, 5).Select(_ => PutOffMilliseconds(topic) / LossMilliseconds)];
        Assert.Equal([1, 4, 16, 64, 64], timesTheLoss);

        topic.Files.WhileTogether = null;
        PutOffMilliseconds(topic);
        topic.Files.WhileTogether = () => topic.Machine.Time.Advance(TimeSpan.FromMilliseconds(LossMilliseconds));
        PutOffMilliseconds(topic);
        Assert.Equal(1, PutOffMilliseconds(topic) / LossMilliseconds);
    }

    /// <summary>A checkpoint is a flush by itself; a pause among many busy partitions is no reason for one.</summary>
    [Fact]
    public void Checkpoint_WhileManyAreFlushedTogether_IsWrittenAfterwards()
    {
        using ProducerFixture topic = Create();
        AppendToAll(topic);
        topic.Settle();
        byte[] before = ReadCheckpoint(topic);

        for (int i = 0; i < 10; i++)
        {
            Pass(topic, TimeSpan.FromMilliseconds(500));
            AppendToAll(topic, first: 1);
            topic.Settle();
        }

        Assert.Equal(before, ReadCheckpoint(topic));
        Pass(topic, TimeSpan.FromSeconds(4));
        Assert.NotEqual(before, ReadCheckpoint(topic));
    }

    /// <summary>A bulk is not made part of a call that others wait for.</summary>
    [Fact]
    public void FlushAsync_ManyBytes_AreFlushedByThemselves()
    {
        using ProducerFixture topic = Create(settings: PartitionFixture.Settings(segmentBytes: 8 << 20));
        topic.Files.Reset();
        byte[] bulk = new byte[2 << 20];
        topic.Partitions[0].Append(new RawRecord(bulk));
        topic.Files.Fail(FaultKind.Flush, Many, FileSystemError.DeviceFailure);

        ValueTask[] flushes = AppendToAll(topic);
        topic.Settle();

        // The last flush of all is the bulk's, whatever came first.
        Assert.NotNull(topic.Partitions[0].Log.Failure);
        Assert.True(flushes[0].IsFaulted);
        Assert.All(flushes[1..], flush => Assert.True(flush.IsCompletedSuccessfully));
    }

    /// <summary>All partitions exist and one flush alone has been measured.</summary>
    private static ProducerFixture Create(
        int seed = 1, double yieldProbability = 0, int minTogether = 4, PartitionSettings? settings = null)
    {
        ProducerFixture topic = new(Many, settings, seed, yieldProbability, minTogether);
        foreach (OwnedPartition partition in topic.Partitions)
        {
            topic.Run(partition.FlushAsync(Append(partition) + 1));
        }

        return topic;
    }

    private static ValueTask[] AppendToAll(ProducerFixture topic, int first = 0) =>
        [.. topic.Partitions.Skip(first).Select(partition => partition.FlushAsync(Append(partition) + 1).Preserve())];

    /// <summary>Appends to all, every millisecond, until they are flushed together again.</summary>
    private static int PutOffMilliseconds(ProducerFixture topic)
    {
        long calls = topic.Files.CallsTogether;
        int passed = 0;
        while (topic.Files.CallsTogether == calls)
        {
            Assert.True(passed < 10_000, "They are not flushed together any more.");
            topic.Machine.Time.Advance(TimeSpan.FromMilliseconds(1));
            passed++;
            AppendToAll(topic);
            topic.Settle();
        }

        return passed;
    }

    private static byte[] ReadCheckpoint(ProducerFixture topic)
    {
        using LogFile file = topic.Files.OpenFile("/log/topic-0/checkpoint", FileOpening.Read);
        byte[] bytes = new byte[file.Length];
        file.Read(bytes, 0);
        return bytes;
    }

    /// <summary>Lets time pass in small steps, and what it calls for happen.</summary>
    private static void Pass(ProducerFixture topic, TimeSpan time)
    {
        for (TimeSpan passed = default; passed < time; passed += TimeSpan.FromMilliseconds(100))
        {
            topic.Machine.Time.Advance(TimeSpan.FromMilliseconds(100));
            topic.Settle();
        }
    }

    private static async Task AppendAndAwaitAsync(OwnedPartition partition, int count)
    {
        for (int i = 0; i < count; i++)
        {
            await partition.FlushAsync(Append(partition) + 1);
        }
    }

    private static long Append(OwnedPartition partition) => partition.Append(new RawRecord("v"u8));
}

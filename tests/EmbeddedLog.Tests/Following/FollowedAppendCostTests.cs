using EmbeddedLog.Tests.Infrastructure.Processes;

namespace EmbeddedLog.Tests.Following;

/// <summary>
/// What a durable append of 100 bytes writes to a real device while somebody follows the log: one page and its share of
/// the journal, as without a follower.
/// </summary>
public sealed class FollowedAppendCostTests
{
    private const int Appends = 200;
    private const long MaxBytesPerAppend = 8 << 10;

    /// <param name="bulk">How many records go into one flush first, for which the pages may be huge ones.</param>
    [Theory]
    [InlineData(0)]
    [InlineData(150_000)]
    public async Task FlushedAppend_WhileAFollowerReads_WritesAtMostEightKibibytes(int bulk)
    {
        using LoopMount mount = LoopMount.Create("ext4", 64);
        await using CommitLog owner = await CommitLog.OpenAsync(mount["log"]);
        Topic topic = await owner.EnsureTopicAsync("topic", new TopicOptions { SegmentBytes = 16 << 20 });
        await using ReadOnlyLog log = await CommitLog.OpenReadOnlyAsync(mount["log"]);
        LogPartition followed = log.GetTopic("topic")[0];
        OwnedPartition partition = topic[0];
        for (int i = 0; i < bulk; i++)
        {
            partition.Append(new RawRecord(new byte[100]));
        }

        await partition.FlushAsync();
        Read(followed, 0);

        // The owner takes several flushes to see that no more bulk comes.
        await AppendAsync(partition, followed, Appends);
        long before = mount.DeviceBytesWritten;
        await AppendAsync(partition, followed, Appends);
        Assert.InRange((mount.DeviceBytesWritten - before) / Appends, 100, MaxBytesPerAppend);
    }

    /// <summary>Each append is read by who follows before the next one, as by one who waits for it.</summary>
    private static async Task AppendAsync(OwnedPartition partition, LogPartition followed, int count)
    {
        for (int i = 0; i < count; i++)
        {
            ValueTask seen = followed.WaitForAsync(partition.EndOffset);
            long offset = partition.Append(new RawRecord(new byte[100]));
            await partition.FlushAsync();
            await seen;
            Read(followed, offset);
        }
    }

    private static void Read(LogPartition partition, long from)
    {
        using PartitionScan scan = partition.Scan(from);
        while (scan.TryRead(out _))
        {
        }

        Assert.Equal(partition.EndOffset, scan.Offset);
    }
}

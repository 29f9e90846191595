using EmbeddedLog.IO;
using EmbeddedLog.Opening;
using EmbeddedLog.Partitions;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Infrastructure.Processes;

namespace EmbeddedLog.Tests.Partitions.Appending;

/// <summary>
/// What a durable append of 100 bytes writes to a real device: one page and its share of the journal, in a fresh
/// segment and in one that was opened again and scanned.
/// </summary>
public sealed class DurableAppendCostTests
{
    private const int Appends = 200;
    private const long MaxBytesPerAppend = 8 << 10;

    private readonly Platform _platform = RealPlatform.Create(TimeProvider.System);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task FlushedAppend_FreshAndReopened_WritesAtMostEightKibibytes(bool positional)
    {
        using LoopMount mount = LoopMount.Create("ext4", 64);
        PartitionSettings settings = PartitionFixture.Settings(16 << 20, positional);
        await using (PartitionFixture fixture = new(_platform, mount.Path))
        {
            PartitionLog log = fixture.Open(settings: settings);
            Assert.InRange(await BytesPerAppendAsync(mount, log), 100, MaxBytesPerAppend);

            // Something to read ahead of, the next time.
            for (int i = 0; i < 40_000; i++)
            {
                log.Append(new RawRecord(new byte[100]), out _);
            }
        }

        mount.Remount();
        await using PartitionFixture again = new(_platform, mount.Path);
        PartitionLog reopened = again.Open(settings: settings);
        Scan(reopened);
        Assert.InRange(await BytesPerAppendAsync(mount, reopened), 100, MaxBytesPerAppend);
    }

    /// <summary>While much is appended, pages are large; a flush of little must not pay for that.</summary>
    [Fact]
    public async Task FlushedAppend_AfterABulk_WritesAtMostEightKibibytes()
    {
        using LoopMount mount = LoopMount.Create("ext4", 96);
        PartitionSettings settings = PartitionFixture.Settings(16 << 20);
        await using (PartitionFixture fixture = new(_platform, mount.Path))
        {
            PartitionLog log = fixture.Open(settings: settings);
            await AppendBulkAsync(log);
            Assert.InRange(await BytesPerAppendAsync(mount, log), 100, MaxBytesPerAppend);
            await AppendBulkAsync(log);
        }

        // The same pages are still in memory.
        await using PartitionFixture again = new(_platform, mount.Path);
        PartitionLog reopened = again.Open(settings: settings);
        Assert.InRange(await BytesPerAppendAsync(mount, reopened), 100, MaxBytesPerAppend);
        Scan(reopened);
    }

    /// <summary>Ends in the second segment, with most of it in front.</summary>
    private static async Task AppendBulkAsync(PartitionLog log)
    {
        for (int i = 0; i < 150_000; i++)
        {
            log.Append(new RawRecord(new byte[100]), out _);
        }

        await log.FlushAsync(log.PublishedEnd, CancellationToken.None);
    }

    private static async Task<long> BytesPerAppendAsync(LoopMount mount, PartitionLog log)
    {
        byte[] value = new byte[100];
        log.Append(new RawRecord(value), out _);
        await log.FlushAsync(log.PublishedEnd, CancellationToken.None);
        long before = mount.DeviceBytesWritten;
        for (int i = 0; i < Appends; i++)
        {
            log.Append(new RawRecord(value), out _);
            await log.FlushAsync(log.PublishedEnd, CancellationToken.None);
        }

        return (mount.DeviceBytesWritten - before) / Appends;
    }

    private static void Scan(PartitionLog log)
    {
        using PartitionScan scan = log.Scan(0);
        while (scan.TryRead(out _))
        {
        }

        Assert.Equal(log.PublishedEnd, scan.Offset);
    }
}

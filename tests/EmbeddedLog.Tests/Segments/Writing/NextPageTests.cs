using System.Globalization;
using EmbeddedLog.IO;
using EmbeddedLog.Opening;
using EmbeddedLog.Partitions;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Infrastructure.Processes;

namespace EmbeddedLog.Tests.Segments.Writing;

/// <summary>
/// To enter a new page takes a hundred times as long as an append. Where appends come one by one and somebody waits for
/// each, the one before does it, when it has woken whoever waits.
/// </summary>
public sealed class NextPageTests
{
    private const int PageBytes = 4096;
    private const int Appends = 200;

    /// <summary>Makes frames of 136 bytes, which do not end where a page does.</summary>
    private const int ValueBytes = 108;

    private readonly Platform _platform = RealPlatform.Create(TimeProvider.System);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Append_NearThePagesEnd_EntersTheNextPageIfACallerWaited(bool waits)
    {
        Require.Unemulated();
        using LoopMount mount = LoopMount.Create("ext4", 64);
        await using PartitionFixture fixture = new(_platform, mount.Path);
        PartitionLog log = fixture.Open(settings: PartitionFixture.Settings(16 << 20));
        byte[] value = new byte[ValueBytes];
        List<long> ahead = [];
        for (int i = 0; i < Appends; i++)
        {
            ValueTask waiting = waits ? log.WaitForEndAsync(i + 1, CancellationToken.None) : ValueTask.CompletedTask;
            log.Append(new RawRecord(value), out _);
            await waiting;
            long resident = ResidentBytes(Path.Combine(log.Directory, "00000001.segment"));
            ahead.Add(resident - PagesUpTo(log.Writer.TailPosition));
        }

        // Of the 30 records of a page, the last three end near enough to its end.
        Assert.Equal(0, ahead.Min());
        Assert.Equal(waits ? PageBytes : 0, ahead.Max());
        Assert.InRange(ahead.Count(bytes => bytes > 0), waits ? Appends / 30 : 0, waits ? Appends / 5 : 0);
    }

    /// <summary>Once for each page, so that not every flush takes the next one along.</summary>
    [Fact]
    public async Task FlushedAppends_WithACallerWaiting_WriteAtMostEightKibibytesEach()
    {
        using LoopMount mount = LoopMount.Create("ext4", 64);
        await using PartitionFixture fixture = new(_platform, mount.Path);
        PartitionLog log = fixture.Open(settings: PartitionFixture.Settings(16 << 20));
        byte[] value = new byte[ValueBytes];
        log.Append(new RawRecord(value), out _);
        await log.FlushAsync(log.PublishedEnd, CancellationToken.None);
        long before = mount.DeviceBytesWritten;
        for (int i = 0; i < Appends; i++)
        {
            ValueTask waiting = log.WaitForEndAsync(log.PublishedEnd + 1, CancellationToken.None);
            log.Append(new RawRecord(value), out _);
            await waiting;
            await log.FlushAsync(log.PublishedEnd, CancellationToken.None);
        }

        Assert.InRange((mount.DeviceBytesWritten - before) / Appends, 100, 8 << 10);
    }

    private static long PagesUpTo(long position) => (position + PageBytes - 1) & -PageBytes;

    /// <summary>How much of a file this process has mapped and entered, in bytes.</summary>
    private static long ResidentBytes(string file) =>
        File.ReadLines("/proc/self/smaps")
            .SkipWhile(line => !line.EndsWith(file, StringComparison.Ordinal))
            .Where(line => line.StartsWith("Rss:", StringComparison.Ordinal))
            .Select(line => 1024 * long.Parse(line[4..^2].Trim(), CultureInfo.InvariantCulture))
            .First();
}

using System.Globalization;
using System.Text;
using EmbeddedLog.IO;
using EmbeddedLog.Opening;
using EmbeddedLog.Partitions;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Infrastructure.Processes;

namespace EmbeddedLog.Tests.Partitions;

public sealed class PartitionLogTests
{
    private static readonly Platform s_platform = RealPlatform.Create(TimeProvider.System);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Append_AcrossSegments_IsReadBackInOrderAndAfterReopening(bool positional)
    {
        using TempDirectory root = new();
        PartitionSettings settings = PartitionFixture.Settings(segmentBytes: 16 << 10, positional);
        await using (PartitionFixture fixture = new(s_platform, root.Path))
        {
            PartitionLog log = fixture.Open(settings: settings);
            for (int i = 0; i < 2000; i++)
            {
                Assert.Equal(i, log.Append(Numbered(i), out _));
            }

            AssertNumbered(log, 0, 2000);
            await log.FlushAsync(2000, CancellationToken.None);
            Assert.Equal(2000, log.DurableEnd);
            Assert.True(log.Segments.Count > 5);
        }

        await using (PartitionFixture fixture = new(s_platform, root.Path))
        {
            PartitionLog log = fixture.Open(settings: settings);
            AssertNumbered(log, 0, 2000);
            AssertNumbered(log, 1234, 2000);
            Assert.Equal(2000, log.Append(Numbered(2000), out _));
            AssertNumbered(log, 0, 2001);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Open_AfterKill_KeepsEverythingWritten(bool positional)
    {
        Wine.SkipWhereOpenFilesAreReplaced();
        using TempDirectory root = new();
        PartitionSettings settings = PartitionFixture.Settings(segmentBytes: 16 << 10, positional);

        // What is left of it goes on in the background, and must be over before the directory goes.
        await using PartitionFixture killed = new(s_platform, root.Path);
        PartitionLog before = killed.Open(settings: settings);
        for (int i = 0; i < 1000; i++)
        {
            before.Append(Numbered(i), out _);
        }

        await using PartitionFixture fixture = new(s_platform, root.Path, clean: false, cacheSurvived: true);
        PartitionLog log = fixture.Open(settings: settings);
        Assert.Equal(1000, log.PublishedEnd);
        Assert.Equal(1000, log.DurableEnd);
        Assert.Equal(before.Epoch + 1, log.Epoch);
        AssertNumbered(log, 0, 1000);
        log.Append(Numbered(1000), out _);
        AssertNumbered(log, 0, 1001);
    }

    private static RawRecord Numbered(int i) =>
        new(Encoding.UTF8.GetBytes(i.ToString(CultureInfo.InvariantCulture)), new byte[100]);

    private static void AssertNumbered(PartitionLog log, long from, long to)
    {
        using PartitionScan scan = log.Scan(from);
        for (long i = from; i < to; i++)
        {
            Assert.True(scan.TryRead(out RecordView record));
            Assert.Equal(i, record.Offset);
            Assert.Equal(i.ToString(CultureInfo.InvariantCulture), Encoding.UTF8.GetString(record.Key));
            Assert.Equal(100, record.Value.Length);
        }

        Assert.False(scan.TryRead(out _));
    }
}

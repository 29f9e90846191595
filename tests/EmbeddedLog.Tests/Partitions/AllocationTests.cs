using EmbeddedLog.Opening;
using EmbeddedLog.Partitions;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Partitions;

/// <summary>
/// What appending and reading on the raw level leave to the garbage collector: nothing, once they are warm.
/// </summary>
public sealed class AllocationTests
{
    private const int SegmentBytes = 64 << 20;

    /// <summary>Puts the sparse index of the segment well between two of its growths.</summary>
    private const int WarmUp = 40_000;

    private const int Measured = 10_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Append_SteadyState_AllocatesNothing(bool positional)
    {
        using TempDirectory root = new();
        await using PartitionFixture fixture = new(RealPlatform.Create(TimeProvider.System), root.Path);
        PartitionLog log = fixture.Open(settings: PartitionFixture.Settings(SegmentBytes, positional));
        Append(log, WarmUp);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Append(log, Measured);

        // The thread pool may take room for the queue through which the writer's pages are prepared, now and then.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Measured / 10);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Scan_SteadyState_AllocatesNothing(bool positional)
    {
        using TempDirectory root = new();
        await using PartitionFixture fixture = new(RealPlatform.Create(TimeProvider.System), root.Path);
        PartitionLog log = fixture.Open(settings: PartitionFixture.Settings(SegmentBytes, positional));
        Append(log, WarmUp);
        Assert.Equal(WarmUp, Scan(log));

        long before = GC.GetAllocatedBytesForCurrentThread();
        int read = Scan(log);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(WarmUp, read);
    }

    private static void Append(PartitionLog log, int count)
    {
        ReadOnlySpan<byte> key = "some key"u8;
        Span<byte> value = stackalloc byte[100];
        for (int i = 0; i < count; i++)
        {
            log.Append(new RawRecord(key, value), out _);
        }
    }

    private static int Scan(PartitionLog log)
    {
        int read = 0;
        using PartitionScan scan = log.Scan(0);
        while (scan.TryRead(out RecordView record))
        {
            read += record.Value.Length == 100 ? 1 : 0;
        }

        return read;
    }
}

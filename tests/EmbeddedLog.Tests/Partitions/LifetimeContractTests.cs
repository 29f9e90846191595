using EmbeddedLog.IO;
using EmbeddedLog.Partitions;
using EmbeddedLog.Segments.Reading;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Tests.Infrastructure;
using static EmbeddedLog.Tests.Infrastructure.PartitionEnvironment;

namespace EmbeddedLog.Tests.Partitions;

/// <summary>
/// What flushing, waiting, trimming, failing and closing promise, on every file system and in both ways of writing.
/// </summary>
public abstract class LifetimeContractTests : IDisposable
{
    private readonly PartitionEnvironment _environment;

    private protected LifetimeContractTests(PartitionEnvironment environment) => _environment = environment;

    [Fact]
    public Task FlushAsync_ManyWaiters_AreReleasedAndTheDurableEndMoves() => _environment.PlayAsync(async () =>
    {
        await using PartitionFixture fixture = _environment.Open();
        PartitionLog log = fixture.Open(settings: _environment.Settings());
        AppendNumbered(log, 300);
        Task[] waiters = [.. Enumerable.Range(1, 300).Select(upTo => log.FlushAsync(upTo, default).AsTask())];
        await Task.WhenAll(waiters);
        Assert.Equal(300, log.DurableEnd);
        await log.FlushAsync(300, default);
    });

    [Fact]
    public Task WaitForEndAsync_Append_Releases() => _environment.PlayAsync(async () =>
    {
        await using PartitionFixture fixture = _environment.Open();
        PartitionLog log = fixture.Open(settings: _environment.Settings());
        Task one = log.WaitForEndAsync(1, default).AsTask();
        Task three = log.WaitForEndAsync(3, default).AsTask();
        AppendNumbered(log, 2);
        await one;
        Assert.False(three.IsCompleted);
        AppendNumbered(log, 3);
        await three;
    });

    [Fact]
    public Task Waiting_Cancelled_EndsAloneAndLeavesNothingBehind() => _environment.PlayAsync(async () =>
    {
        await using PartitionFixture fixture = _environment.Open();
        PartitionLog log = fixture.Open(settings: _environment.Settings());
        using CancellationTokenSource source = new();
        Task cancelled = log.WaitForEndAsync(1, source.Token).AsTask();
        Task other = log.WaitForEndAsync(1, default).AsTask();
        Cancel(source);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => log.WaitForEndAsync(1, source.Token).AsTask());
        AppendNumbered(log, 1);
        await other;
        await log.FlushAsync(1, default);
    });

    [Fact]
    public Task Close_WithWaiters_EndsThem() => _environment.PlayAsync(async () =>
    {
        PartitionFixture fixture = _environment.Open();
        PartitionLog log = fixture.Open(settings: _environment.Settings());
        AppendNumbered(log, 1);
        Task waiting = log.WaitForEndAsync(2, default).AsTask();
        Task flushing = log.FlushAsync(1, default).AsTask();
        await fixture.DisposeAsync();
        await flushing;
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        Assert.Throws<ObjectDisposedException>(() => log.Append(Numbered(1), out _));
        Assert.Throws<ObjectDisposedException>(() => log.Scan(0).Dispose());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => log.WaitForEndAsync(2, default).AsTask());
        Assert.Equal(0, log.DeleteBefore(1));
    });

    [Fact]
    public Task Open_AfterAClose_RecoversNothingAndGoesOnInTheSameSegment() => _environment.PlayAsync(async () =>
    {
        for (int round = 0; round < 5; round++)
        {
            await using PartitionFixture fixture = _environment.Open();
            PartitionLog log = fixture.Open(settings: _environment.Settings());
            Assert.True(log.Recovery.Clean);
            Assert.Equal(0, log.Recovery.CopiedRecords + log.Recovery.TornBytes);
            Assert.Equal(log.PublishedEnd, log.DurableEnd);
            AppendNumbered(log, (round + 1) * 10);
            AssertNumbered(log, 0, (round + 1) * 10);
            Assert.Equal(1, log.Segments.Count);
        }
    });

    [Fact]
    public Task DeleteBefore_WholeSegments_AreGoneAndStayGone() => _environment.PlayAsync(async () =>
    {
        long start;
        await using (PartitionFixture fixture = _environment.Open())
        {
            PartitionLog log = fixture.Open(settings: _environment.Settings());
            AppendNumbered(log, 500);
            await log.FlushAsync(500, default);
            Segment[] before = log.Segments.Items.ToArray();
            start = before[2].BaseOffset + 3;
            Assert.Equal(2, log.DeleteBefore(start));
            Assert.Equal(start, log.StartOffset);
            Assert.False(_environment.Platform.Files.FileExists(before[0].Path));
            Assert.False(_environment.Platform.Files.FileExists(before[1].Path));
            Assert.True(_environment.Platform.Files.FileExists(before[2].Path));
            Assert.Throws<OffsetUnavailableException>(() => log.Scan(start - 1).Dispose());
            Assert.Equal(0, log.DeleteBefore(start - 10));
            AssertNumbered(log, start, 500);
        }

        await using PartitionFixture again = _environment.Open();
        PartitionLog reopened = again.Open(settings: _environment.Settings());
        Assert.Equal(start, reopened.StartOffset);
        AssertNumbered(reopened, start, 500);
    });

    [Fact]
    public Task Lease_SegmentDeletedAndLogClosed_StillHoldsTheRecord() => _environment.PlayAsync(async () =>
    {
        PartitionFixture fixture = _environment.Open();
        PartitionLog log = fixture.Open(settings: _environment.Settings());
        AppendNumbered(log, 500);
        await log.FlushAsync(500, default);
        RecordLease first = Take(log, 0);
        RecordLease last = Take(log, 499);
        log.DeleteBefore(300);
        await fixture.DisposeAsync();
        Assert.True(first.Key.SequenceEqual(KeyOf(0)));
        Assert.True(last.Key.SequenceEqual(KeyOf(499)));
        first.Dispose();
        first.Dispose();
        last.Dispose();
        Assert.Equal(0, fixture.Segments.Readers.PendingCount);
        if (_environment.Simulation is { } simulation)
        {
            Assert.Empty(simulation.Disk.LiveMaps);
            Assert.Empty(simulation.Disk.OpenFiles);
        }
    });

    /// <summary>A segment that nothing was appended to is part of a clean close.</summary>
    [Fact]
    public Task Open_ClosedRightAfterARoll_IsNoDamage() => _environment.PlayAsync(async () =>
    {
        await using (PartitionFixture fixture = _environment.Open())
        {
            PartitionLog log = fixture.Open(settings: _environment.Settings());
            AppendNumbered(log, 3);
            await log.FlushAsync(3, default);
            log.Writer.Roll(log.Settings, _environment.Now);
        }

        await using PartitionFixture again = _environment.Open();
        PartitionLog reopened = again.Open(settings: _environment.Settings());
        AppendNumbered(reopened, 5);
        AssertNumbered(reopened, 0, 5);
    });

    [Fact]
    public Task Flush_Fails_EndsAllAppendingAndReadsGoOn() => _environment.PlayAsync(async () =>
    {
        PartitionFixture fixture = _environment.Open();
        PartitionLog log = fixture.Open(settings: _environment.Settings());
        AppendNumbered(log, 5);
        await log.FlushAsync(5, default);
        AppendNumbered(log, 7);
        _environment.Faults.Reset();

        // All flushes fail: a checkpoint that comes after the acknowledgement may be the first.
        _environment.Faults.Fail(new Fault(FaultKind.Flush, 1, FileSystemError.DeviceFailure) { Lasts = true });
        Task[] waiters = [log.FlushAsync(6, default).AsTask(), log.FlushAsync(7, default).AsTask()];
        foreach (Task waiter in waiters)
        {
            PartitionFailedException told = await Assert.ThrowsAsync<PartitionFailedException>(() => waiter);
            Assert.Equal("topic", told.Topic);
        }

        // The next flush would succeed, with the data gone: it is not made.
        _environment.Faults.Clear();
        Assert.Throws<PartitionFailedException>(() => log.Append(Numbered(7), out _));
        await Assert.ThrowsAsync<PartitionFailedException>(() => log.FlushAsync(7, default).AsTask());
        Assert.Equal(5, log.DurableEnd);
        AssertNumbered(log, 0, 7);
        await fixture.DisposeAsync();

        await using PartitionFixture again = _environment.Open(clean: false, cacheSurvived: true);
        PartitionLog reopened = again.Open(settings: _environment.Settings());
        AssertNumbered(reopened, 0, 7);
        AppendNumbered(reopened, 9);
        await reopened.FlushAsync(9, default);
    });

    [Theory]
    [InlineData(FaultKind.OpenFile)]
    [InlineData(FaultKind.Map)]
    [InlineData(FaultKind.Write)]
    internal Task Append_NextSegmentCannotBeMade_ChangesNothing(FaultKind kind) => _environment.PlayAsync(async () =>
    {
        await using PartitionFixture fixture = _environment.Open();
        PartitionLog log = fixture.Open(settings: _environment.Settings());
        AppendNumbered(log, 10);
        _environment.Faults.Reset();
        _environment.Faults.Fail(new Fault(kind, 1, FileSystemError.NoSpace) { Lasts = true });
        long stopped = AppendUntilRefused(log);
        Assert.Throws<DiskFullException>(() => log.Append(Numbered(stopped), out _));
        Assert.Equal(stopped, log.PublishedEnd);
        AssertNumbered(log, 0, stopped);

        _environment.Faults.Clear();
        AppendNumbered(log, stopped + 200);
        await log.FlushAsync(stopped + 200, default);
        AssertNumbered(log, 0, stopped + 200);
    });

    public void Dispose()
    {
        _environment.Dispose();
        GC.SuppressFinalize(this);
    }

    private static long AppendUntilRefused(PartitionLog log)
    {
        while (true)
        {
            try
            {
                Assert.InRange(log.Append(Numbered(log.PublishedEnd), out _), 0, 1000);
            }
            catch (DiskFullException)
            {
                return log.PublishedEnd;
            }
        }
    }

    /// <summary>
    /// Here and now: the asynchronous way goes through the thread pool, which no simulation waits for.
    /// </summary>
    private static void Cancel(CancellationTokenSource source) => source.Cancel();

    private static RecordLease Take(PartitionLog log, long offset)
    {
        using PartitionScan scan = log.Scan(offset);
        Assert.True(scan.TryRead(out RecordView record));
        return record.Lease();
    }
}

public sealed class RealMappedLifetimeTests() : LifetimeContractTests(Real(positional: false));

public sealed class RealPositionalLifetimeTests() : LifetimeContractTests(Real(positional: true));

public sealed class SimulatedMappedLifetimeTests() : LifetimeContractTests(Simulated(positional: false));

public sealed class SimulatedPositionalLifetimeTests() : LifetimeContractTests(Simulated(positional: true));

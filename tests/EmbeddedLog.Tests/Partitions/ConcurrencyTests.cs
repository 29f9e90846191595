using EmbeddedLog.Partitions;
using EmbeddedLog.Tests.Infrastructure;
using static EmbeddedLog.Tests.Infrastructure.PartitionEnvironment;

namespace EmbeddedLog.Tests.Partitions;

/// <summary>Appenders, readers, flushes and trimming at once, on real threads and files.</summary>
public sealed class ConcurrencyTests
{
    private const int Threads = 8;
    private const int RecordsPerThread = 4_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Append_FromManyThreads_IsReadByManyInOrderWithoutAGap(bool positional)
    {
        using PartitionEnvironment environment = Real(positional);
        await using PartitionFixture fixture = environment.Open(maxOpen: 4);
        PartitionLog log = fixture.Open(settings: environment.Settings(64 << 10));
        Task[] appending = [.. Enumerable.Range(0, Threads).Select(thread => StartNew(() => Append(log, thread)))];
        Task[] reading = [.. Enumerable.Range(0, 3).Select(_ => ReadAllAsync(log))];
        Task flushing = FlushAsync(log, Task.WhenAll(appending));

        await Task.WhenAll([.. appending, .. reading, flushing]);
        Assert.Equal(Threads * RecordsPerThread, log.PublishedEnd);
        Assert.Equal(log.PublishedEnd, log.DurableEnd);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DeleteBefore_UnderReadersAndLeases_NeverTakesWhatTheyLookAt(bool positional)
    {
        using PartitionEnvironment environment = Real(positional);
        await using PartitionFixture fixture = environment.Open(maxOpen: 2);
        PartitionLog log = fixture.Open(settings: environment.Settings());
        const int Rounds = 10;
        using Trimming trimming = new(log, Rounds);
        Task appending = StartNew(() => trimming.AppendUntilDone());
        Task trimmed = trimming.RunAsync();
        Task[] reading = [.. Enumerable.Range(0, 3).Select(_ => StartNew(() => ReadWithLeases(log, trimmed)))];

        await Task.WhenAll([appending, trimmed, .. reading]);
        Assert.True(log.StartOffset > 0, $"Nothing was trimmed of {log.PublishedEnd} records.");
    }

    private static Task StartNew(Action action) =>
        Task.Factory.StartNew(action, default, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static void Append(PartitionLog log, int thread)
    {
        long last = -1;
        for (int i = 0; i < RecordsPerThread; i++)
        {
            long offset = log.Append(new RawRecord(KeyOf(thread), KeyOf(i)), out _);
            Assert.True(offset > last);
            last = offset;
        }
    }

    private static async Task ReadAllAsync(PartitionLog log)
    {
        int[] next = new int[Threads];
        long offset = 0;
        while (offset < Threads * RecordsPerThread)
        {
            await log.WaitForEndAsync(offset + 1, CancellationToken.None);
            offset = ReadSome(log, offset, next);
        }

        Assert.All(next, count => Assert.Equal(RecordsPerThread, count));
    }

    private static long ReadSome(PartitionLog log, long offset, int[] next)
    {
        using PartitionScan scan = log.Scan(offset);
        while (scan.TryRead(out RecordView record))
        {
            Assert.Equal(offset++, record.Offset);
            int thread = record.Key[0] - '0';
            Assert.True(record.Value.SequenceEqual(KeyOf(next[thread]++)), "A thread's records are out of order.");
        }

        return offset;
    }

    private static async Task FlushAsync(PartitionLog log, Task until)
    {
        do
        {
            long end = log.PublishedEnd;
            await log.FlushAsync(end, CancellationToken.None);
            Assert.True(log.DurableEnd >= end);
        }
        while (!until.IsCompleted);

        await log.FlushAsync(log.PublishedEnd, CancellationToken.None);
    }

    private static void ReadWithLeases(PartitionLog log, Task until)
    {
        Queue<(RecordLease Lease, byte[] Value)> leases = new();
        while (!until.IsCompleted)
        {
            try
            {
                using PartitionScan scan = log.Scan(log.StartOffset);
                while (scan.TryRead(out RecordView record))
                {
                    if (record.Offset % 50 == 0)
                    {
                        leases.Enqueue((record.Lease(), record.Value.ToArray()));
                    }
                }
            }
            catch (OffsetUnavailableException)
            {
                // Trimmed between looking and reading: begin again at the new start.
            }

            while (leases.Count > 20)
            {
                (RecordLease lease, byte[] value) = leases.Dequeue();
                Assert.True(lease.Value.SequenceEqual(value));
                lease.Dispose();
            }
        }

        foreach ((RecordLease lease, byte[] value) in leases)
        {
            Assert.True(lease.Value.SequenceEqual(value));
            lease.Dispose();
        }
    }

    /// <summary>
    /// Appends for as long as segments are still to be removed a number of times, and never far ahead of that, however
    /// the threads happen to run.
    /// </summary>
    private sealed class Trimming(PartitionLog log, int rounds) : IDisposable
    {
        private const int RecordsPerPortion = 600;

        private readonly SemaphoreSlim _portions = new(2);
        private volatile bool _done;

        public void AppendUntilDone()
        {
            for (int i = 0; !_done; i++)
            {
                if (i % RecordsPerPortion == 0)
                {
                    _portions.Wait();
                }

                log.Append(new RawRecord(KeyOf(0), KeyOf(i)), out _);
            }
        }

        public async Task RunAsync()
        {
            for (int round = 0; round < rounds;)
            {
                await log.FlushAsync(log.PublishedEnd, CancellationToken.None);
                if (log.DeleteBefore(log.PublishedEnd - 200) > 0)
                {
                    round++;
                    _portions.Release();
                }
            }

            _done = true;
            _portions.Release();
        }

        public void Dispose() => _portions.Dispose();
    }
}

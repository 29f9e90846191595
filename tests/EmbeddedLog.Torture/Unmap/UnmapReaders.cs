using System.Collections.Concurrent;
using EmbeddedLog.Torture.Load.Checking;

namespace EmbeddedLog.Torture.Unmap;

/// <summary>Readers of one topic, each in a different way; each checks every byte that it reads.</summary>
internal sealed class UnmapReaders
{
    private const int MaxLeases = 64;

    private readonly TortureRun _run;
    private readonly Topic _topic;
    private readonly Func<bool> _closing;

    /// <summary>The leases that outlive their reader and the log.</summary>
    private readonly ConcurrentQueue<(int Partition, RecordLease Lease)> _leases = new();

    public UnmapReaders(TortureRun run, Topic topic, Func<bool> closing)
    {
        _run = run;
        _topic = topic;
        _closing = closing;
    }

    /// <summary>The work of separate threads.</summary>
    public IEnumerable<Action> Threads(int seed) =>
    [
        () => UntilClosed(seed, Scan),
        () => UntilClosed(seed + 1, Lease),
        () => UntilClosed(seed + 2, ReadLast),
        () => UntilClosed(seed + 3, FindByTime),
    ];

    /// <summary>A consumer overtaken by retention continues at the log's start.</summary>
    public async Task ConsumeAsync(CommitLog log)
    {
        await using Consumer<byte[]?, byte[]> consumer =
            log.CreateConsumer<byte[]?, byte[]>(_topic.Name, "group", new() { MaxBufferedRecords = 50 });
        long[] next = new long[_topic.Partitions.Count];
        while (!_closing())
        {
            try
            {
                await foreach (Record<byte[]?, byte[]> record in consumer.ReadAllAsync())
                {
                    UnmapRecords.Check(record.Partition, record.Offset, record.Value, "consumer");
                    if (record.Offset < next[record.Partition])
                    {
                        throw new LoadViolationException(
                            $"The consumer was given offset {record.Offset} of partition {record.Partition} again.");
                    }

                    next[record.Partition] = record.Offset + 1;
                    _run.Add("consumed", 1);
                    if (record.Offset % 100 == 0)
                    {
                        await consumer.CommitAsync(record);
                    }
                }
            }
            catch (OffsetUnavailableException)
            {
                await consumer.SeekAsync(SeekTarget.Beginning);
            }
            catch (ObjectDisposedException) when (_closing())
            {
                return;
            }
        }
    }

    /// <summary>Leases stay valid, also after the log was closed.</summary>
    public void CheckAndReleaseLeases()
    {
        while (_leases.TryDequeue(out (int Partition, RecordLease Lease) held))
        {
            CheckAndRelease(held.Partition, held.Lease);
        }
    }

    private void UntilClosed(int seed, Action<Random, OwnedPartition> read)
    {
        Random random = new(seed);
        while (!_closing())
        {
            try
            {
                read(random, _topic[random.Next(_topic.Partitions.Count)]);
            }
            catch (OffsetUnavailableException)
            {
                // Removed between the check and the read.
                _run.Add("overtaken", 1);
            }
            catch (ObjectDisposedException) when (_closing())
            {
                return;
            }
        }
    }

    private void Scan(Random random, OwnedPartition partition)
    {
        using PartitionScan scan = partition.Scan(Somewhere(random, partition));
        long next = -1;
        for (int count = random.Next(2_000); count > 0 && scan.TryRead(out RecordView record); count--)
        {
            UnmapRecords.Check(partition.Number, record.Offset, record.Value, "scan");
            if (next >= 0 && record.Offset != next)
            {
                throw new LoadViolationException($"A scan went from offset {next - 1} to {record.Offset}.");
            }

            next = record.Offset + 1;
            _run.Add("scanned", 1);
        }
    }

    private void Lease(Random random, OwnedPartition partition)
    {
        using PartitionScan scan = partition.Scan(Somewhere(random, partition));
        for (int count = random.Next(200); count > 0 && scan.TryRead(out RecordView record); count--)
        {
            if (random.Next(10) == 0)
            {
                _leases.Enqueue((partition.Number, record.Lease()));
                _run.Add("leased", 1);
            }
        }

        while (_leases.Count > MaxLeases && _leases.TryDequeue(out (int Partition, RecordLease Lease) held))
        {
            CheckAndRelease(held.Partition, held.Lease);
        }
    }

    private void ReadLast(Random random, OwnedPartition partition)
    {
        if (partition.TryReadLast(out RecordLease? last))
        {
            CheckAndRelease(partition.Number, last);
            _run.Add("read-last", 1);
        }
    }

    private void FindByTime(Random random, OwnedPartition partition)
    {
        long? found = partition.FindOffset(
            TimeProvider.System.GetUtcNow() - TimeSpan.FromMilliseconds(random.Next(500)));
        _run.Add("found-by-time", found is null ? 0 : 1);
    }

    private static void CheckAndRelease(int partition, RecordLease lease)
    {
        UnmapRecords.Check(partition, lease.Offset, lease.Value, "lease");
        lease.Dispose();
    }

    private static long Somewhere(Random random, OwnedPartition partition)
    {
        long start = partition.StartOffset;
        return start + random.NextInt64(Math.Max(1, partition.EndOffset - start));
    }
}

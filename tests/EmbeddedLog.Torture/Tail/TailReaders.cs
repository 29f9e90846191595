namespace EmbeddedLog.Torture.Tail;

/// <summary>Reads a followed log in every way, until it is stopped, and checks every record.</summary>
internal sealed class TailReaders(int seed, ReadOnlyLog log, TailProgress[] scanned, TailProgress[] consumed)
{
    private const int MaxScansWithoutPause = 50;
    private const int MaxPauseMilliseconds = 300;

    private readonly ReadOnlyTopic _topic = log.GetTopic(TailOwner.Topic);

    /// <summary>Reads until it is stopped or the first reader fails.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        List<Task> readers =
        [
            .. _topic.Partitions.Select(partition => EndsWith(() => ScanAsync(partition, stop), stop)),
            EndsWith(() => ConsumeAsync(stop), stop),
            EndsWith(() => ReadAgainAsync(stop), stop),
        ];
        while (readers.Count > 0)
        {
            Task ended = await Task.WhenAny(readers);
            readers.Remove(ended);
            await ended;
        }
    }

    private static async Task EndsWith(Func<Task> reading, CancellationToken stop)
    {
        try
        {
            await Task.Run(reading, CancellationToken.None);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // It was stopped.
        }
    }

    private async Task ScanAsync(LogPartition partition, CancellationToken stop)
    {
        TailProgress progress = scanned[partition.Number];
        Random random = new(HashCode.Combine(seed, partition.Number));
        while (true)
        {
            long position = Math.Max(progress.Next, 0);
            await partition.WaitForAsync(position, stop);
            if (random.Next(MaxScansWithoutPause) == 0)
            {
                // Long enough for retention to overtake this reader now and then, while another reader still has the
                // missed records.
                await Task.Delay(random.Next(MaxPauseMilliseconds), stop);
            }

            try
            {
                ScanOnce(partition, position, progress, stop);
            }
            catch (OffsetUnavailableException) when (position < partition.StartOffset)
            {
                ScanStart(partition, progress, stop);
            }
        }
    }

    private static void ScanStart(LogPartition partition, TailProgress progress, CancellationToken stop)
    {
        while (true)
        {
            long start = partition.StartOffset;
            try
            {
                ScanOnce(partition, start, progress, stop);
                return;
            }
            catch (OffsetUnavailableException) when (start < partition.StartOffset)
            {
                // Retention was faster.
            }
        }
    }

    private static void ScanOnce(
        LogPartition partition, long from, TailProgress progress, CancellationToken stop)
    {
        using PartitionScan scan = partition.Scan(from);
        for (long i = 0; i < 20_000 && scan.TryRead(out RecordView record); i++)
        {
            stop.ThrowIfCancellationRequested();
            progress.NoteNext(record.Offset, record.Value, () => partition.StartOffset);
        }
    }

    private async Task ConsumeAsync(CancellationToken stop)
    {
        await using Consumer<byte[]?, byte[]> consumer = log.CreateConsumer<byte[]?, byte[]>(TailOwner.Topic);
        for (int i = 0; i < consumed.Length; i++)
        {
            if (consumed[i].Next >= 0)
            {
                consumer.Seek(new TopicPartitionOffset(TailOwner.Topic, i, consumed[i].Next));
            }
        }

        await foreach (Record<byte[]?, byte[]> record in consumer.ReadAllAsync(stop))
        {
            consumed[record.Partition].NoteNext(
                record.Offset, record.Value, () => _topic[record.Partition].StartOffset);
        }
    }

    private async Task ReadAgainAsync(CancellationToken stop)
    {
        Random random = new(seed);
        while (true)
        {
            LogPartition partition = _topic[random.Next(_topic.PartitionCount)];
            long start = partition.StartOffset;
            long end = partition.EndOffset;
            if (end < start || partition.DurableOffset > partition.EndOffset)
            {
                throw new TailViolationException($"partition {partition.Number} goes from {start} to {end}");
            }

            try
            {
                ReadSome(partition, start + random.NextInt64(end - start + 1), random.Next(300));
            }
            catch (OffsetUnavailableException) when (start < partition.StartOffset)
            {
                // Removed between the check and the scan.
            }

            await Task.Delay(random.Next(4), stop);
        }
    }

    private void ReadSome(LogPartition partition, long from, int count)
    {
        using PartitionScan scan = partition.Scan(from);
        for (long offset = from; offset < from + count && scan.TryRead(out RecordView record); offset++)
        {
            if (record.Offset != offset)
            {
                throw new TailViolationException(
                    $"partition {partition.Number} went on at {record.Offset} instead of {offset}");
            }

            scanned[partition.Number].CheckAgain(offset, record.Value);
            using RecordLease lease = record.Lease();
            consumed[partition.Number].CheckAgain(offset, lease.Value);
        }
    }
}

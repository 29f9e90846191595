using EmbeddedLog.Torture.Load.Checking;
using EmbeddedLog.Torture.Machine;

namespace EmbeddedLog.Torture.Hostile;

/// <summary>One forged directory and all operations on it.</summary>
internal sealed class HostileCase
{
    /// <summary>
    /// The most that one case may allocate: the largest index is 16 MiB, the largest topic has 65,536 partitions, and
    /// several files may claim such sizes at once.
    /// </summary>
    private const long MaxAllocatedBytes = 256L << 20;

    /// <summary>More records than a directory holds, to detect a reader that never ends.</summary>
    private const int MaxRecords = 1 << 20;

    private readonly Random _random;
    private readonly string _directory;
    private readonly List<string> _forged = [];
    private readonly HashSet<TopicPartition> _damaged = [];
    private bool _told;

    public HostileCase(int seed, HostileFixtures fixtures, string directory)
    {
        _random = new Random(seed);
        _directory = directory;
        fixtures.CopyOne(_random, directory);
        string[] files = Directory.GetFiles(directory, "*", SearchOption.AllDirectories);
        Array.Sort(files, StringComparer.Ordinal);

        // Each file at most once: the fields of a forged file may not be found again.
        _random.Shuffle(files);
        foreach (string file in files.AsSpan(0, _random.Next(1, 4)))
        {
            _forged.Add($"{Path.GetRelativePath(directory, file)}: {Forgery.Apply(file, _random)}");
        }

        if (_random.Next(8) == 0)
        {
            _forged.Add(Planting.Apply(directory, _random));
        }
    }

    /// <summary>A description of the forgery.</summary>
    public string Forged => string.Join(", ", _forged);

    /// <summary>Runs every operation of a log, and returns the answer for the parent.</summary>
    public async Task<string> PlayAsync()
    {
        long before = GC.GetTotalAllocatedBytes();
        try
        {
            await TellAsync(FollowAsync);
            await TellAsync(OwnAsync);
            await TellAsync(OwnAsync);
            OpenHandles.ThrowIfAnyUnder(_directory);
        }
        catch (Exception other)
        {
            return $"{HostileChild.Violated}{Forged}: {other}";
        }
        finally
        {
            Directory.Delete(_directory, recursive: true);
        }

        long allocated = GC.GetTotalAllocatedBytes() - before;
        return allocated <= MaxAllocatedBytes
            ? _told ? "told" : "unharmed"
            : $"{HostileChild.Violated}{Forged}: {allocated} bytes were allocated";
    }

    private async Task TellAsync(Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (EmbeddedLogException)
        {
            _told = true;
        }
    }

    private async Task FollowAsync()
    {
        await using ReadOnlyLog log = await CommitLog.OpenReadOnlyAsync(_directory);
        foreach (ReadOnlyTopic topic in log.Topics)
        {
            foreach (LogPartition partition in topic.Partitions)
            {
                await TellAsync(() => Read(partition));
            }
        }
    }

    private async Task OwnAsync()
    {
        await using CommitLog log = await CommitLog.OpenAsync(
            _directory, new CommitLogOptions { MaxOpenSegments = _random.Next(1, 4) });
        HashSet<TopicPartition> damaged = [.. log.Recovery.Damaged.Select(each => each.Partition)];
        if (!damaged.IsSupersetOf(_damaged))
        {
            throw new LoadViolationException("An opening does not tell the damage that an earlier one has told.");
        }

        _damaged.UnionWith(damaged);
        foreach (Topic topic in log.Topics)
        {
            foreach (OwnedPartition partition in topic.Partitions)
            {
                await TellAsync(() => Read(partition));
                await TellAsync(() => AppendAsync(partition));
            }

            await TellAsync(() => ConsumeAsync(log, topic.Name));
        }
    }

    private Task Read(LogPartition partition)
    {
        long start = partition.StartOffset;
        long end = partition.EndOffset;
        int left = MaxRecords;
        using (PartitionScan scan = partition.Scan(start))
        {
            while (scan.TryRead(out RecordView record) && record.Offset < end)
            {
                Touch(record);
                if (--left == 0)
                {
                    throw new LoadViolationException("A scan does not end.");
                }
            }
        }

        using PartitionScan middle = partition.Scan(start + (long)((end - start) * _random.NextDouble()));
        middle.TryRead(out _);
        partition.FindOffset(TimeProvider.System.GetUtcNow().AddMinutes(_random.Next(-2, 2)));
        if (partition.TryReadLast(out RecordLease? last))
        {
            last.Dispose();
        }

        return Task.CompletedTask;
    }

    private static void Touch(in RecordView record)
    {
        int sum = 0;
        foreach (byte next in record.Key)
        {
            sum += next;
        }

        foreach (byte next in record.Value)
        {
            sum += next;
        }

        foreach (HeaderView header in record.Headers)
        {
            sum += header.Key.Length + header.Value.Length;
        }

        GC.KeepAlive(sum);
    }

    private static async Task AppendAsync(OwnedPartition partition)
    {
        partition.Append(new RawRecord(new byte[100]));
        await partition.FlushAsync();
    }

    private static async Task ConsumeAsync(CommitLog log, string topic)
    {
        await using Consumer<byte[], byte[]> consumer = log.CreateConsumer<byte[], byte[]>(topic, "group");
        await foreach (Record<byte[], byte[]> record in consumer.ReadToEndAsync())
        {
            GC.KeepAlive(record.Headers);
        }
    }
}

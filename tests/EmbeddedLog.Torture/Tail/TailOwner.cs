using System.Globalization;

namespace EmbeddedLog.Torture.Tail;

/// <summary>
/// The process that owns the log: it appends in bursts, rolls and removes by retention all the time, and writes its
/// ends to its output. It continues until it is killed, or closes the log when its input ends.
/// </summary>
internal sealed class TailOwner : ITortureChild
{
    public const string ChildName = "tail-owner";
    public const string Topic = "tail";
    public const int Partitions = 3;

    /// <summary>The size of a batch before its last record is added; with that it fits into every segment.</summary>
    private const int MaxBatchBytes = 900 << 10;

    public string Name => ChildName;

    public async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        string directory = arguments[0];
        int seed = int.Parse(arguments[1], CultureInfo.InvariantCulture);
        int life = int.Parse(arguments[2], CultureInfo.InvariantCulture);
        Random random = new(unchecked((seed * 1000) + life));
        await using CommitLog log = await CommitLog.OpenAsync(
            directory,
            new CommitLogOptions
            {
                RetentionCheckInterval = TimeSpan.FromMilliseconds(random.Next(5, 60)),
                OwnerTimeout = TimeSpan.FromSeconds(20),
            });
        Topic topic = await log.EnsureTopicAsync(Topic, Options(seed, random));
        Task ended = Task.Run(Console.In.ReadToEnd);
        while (!ended.IsCompleted)
        {
            int partition = random.Next(Partitions);
            Append(topic[partition], random, seed, life);
            if (random.Next(4) == 0)
            {
                // The ends are read after the appends: each record below them is in the page cache.
                Console.Out.WriteLine(string.Join(' ', topic.Partitions.Select(each => each.EndOffset)));
                Console.Out.Flush();
            }

            if (random.Next(10) == 0)
            {
                await topic[partition].FlushAsync();
            }

            if (random.Next(6) == 0)
            {
                await Task.Delay(random.Next(12));
            }
        }

        return 0;
    }

    private static TopicOptions Options(int seed, Random random)
    {
        bool large = TailRecord.IsLarge(seed);
        return new TopicOptions
        {
            Partitions = Partitions,
            SegmentBytes = large ? 2 << 20 << random.Next(4) : 16 << 10 << random.Next(6),
            WriteMode = seed / 2 % 2 == 0 ? WriteMode.Positional : WriteMode.Auto,
            MaxRecordBytes = large ? TailRecord.MaxLargeBytes : 8 << 10,
            FlushInterval = TimeSpan.FromMilliseconds(random.Next(1, 50)),
            Retention = new RetentionPolicy
            {
                MaxBytesPerPartition = (large ? 4L << 20 : 256L << 10) << random.Next(4),
            },
        };
    }

    private static void Append(OwnedPartition partition, Random random, int seed, int life)
    {
        int count = random.Next(1, 60);
        if (random.Next(3) == 0)
        {
            RecordBatch batch = new();
            for (int i = 0; i < Math.Min(count, 6) && batch.Bytes < MaxBatchBytes; i++)
            {
                batch.Add(new RawRecord(TailRecord.Make(seed, partition.Number, partition.EndOffset + i, life)));
            }

            partition.AppendBatch(batch);
            return;
        }

        for (int i = 0; i < count; i++)
        {
            partition.Append(new RawRecord(TailRecord.Make(seed, partition.Number, partition.EndOffset, life)));
        }
    }
}

using System.Diagnostics;

namespace EmbeddedLog.Comparison.Growth;

/// <summary>The process that makes a log, measures it while it is in use, and is then killed.</summary>
internal static class GrowthChild
{
    private const long MarginalRecords = 1_000_000;
    private const int Seeks = 20_000;

    /// <summary>A log has written everything after a second without appends.</summary>
    private static readonly TimeSpan s_untilIdle = TimeSpan.FromSeconds(2.5);

    /// <summary>Prints the figures on one line and waits for the end.</summary>
    public static async Task RunAsync(string directory, GrowthPoint point)
    {
        byte[] value = Scale.NewValue();
        await WarmUpAsync(directory + "-small", value);
        long before = Heap.Live();
        CommitLog log = await CommitLog.OpenAsync(directory);
        TopicOptions options = new()
        {
            Partitions = point.Partitions,
            SegmentBytes = point.SegmentBytes,
            Retention = RetentionPolicy.KeepForever,
        };
        Topic topic = await log.CreateTopicAsync(ScratchLog.TopicName, options);
        OwnedPartition[] partitions = [.. topic.Partitions];

        // A partition's first record makes its files.
        Append(partitions, value, partitions.Length);
        await log.FlushAsync();
        Append(partitions, value, Math.Max(0, point.Records - MarginalRecords));
        long last = Math.Min(point.Records, MarginalRecords);
        Stopwatch watch = Stopwatch.StartNew();
        Append(partitions, value, last);
        TimeSpan append = watch.Elapsed;
        watch.Restart();
        long read = partitions.Sum(partition => Read(partition, 0, long.MaxValue));
        TimeSpan scan = watch.Elapsed;
        watch.Restart();
        Seek(partitions);
        TimeSpan seek = watch.Elapsed;
        GrowthFigures figures = new()
        {
            Append = append.TotalNanoseconds / last,
            Read = scan.TotalNanoseconds / read,
            Seek = seek.TotalNanoseconds / Seeks,
            Segments = Directory.EnumerateFiles(directory, "*.segment", SearchOption.AllDirectories).LongCount(),
            Heap = Heap.Live() - before,
        };
        GC.KeepAlive(log);
        Console.WriteLine(figures);
        await Task.Delay(Timeout.Infinite);
    }

    /// <summary>Opens a log, has a record flushed in each partition, and waits for the end, idle.</summary>
    public static async Task UseAsync(string directory)
    {
        CommitLog log = await CommitLog.OpenAsync(directory);
        OwnedPartition[] partitions = [.. log.GetTopic(ScratchLog.TopicName).Partitions];
        Append(partitions, Scale.NewValue(), partitions.Length);
        await log.FlushAsync();
        await Task.Delay(s_untilIdle);
        GC.KeepAlive(log);
        Console.WriteLine("idle");
        await Task.Delay(Timeout.Infinite);
    }

    /// <summary>Opens a small log, appends and reads, so that everything is compiled.</summary>
    public static async Task WarmUpAsync(string directory, byte[] value)
    {
        await using (CommitLog log = await CommitLog.OpenAsync(directory))
        {
            Topic topic = await log.CreateTopicAsync(ScratchLog.TopicName);
            for (int i = 0; i < 3; i++)
            {
                Append([topic[0]], value, 50_000);
                Read(topic[0], 0, long.MaxValue);
                await log.FlushAsync();
            }

            Seek([topic[0]]);
        }

        await using (await CommitLog.OpenAsync(directory))
        {
        }

        Directory.Delete(directory, recursive: true);
    }

    private static void Append(OwnedPartition[] partitions, byte[] value, long count)
    {
        for (long i = 0; i < count; i++)
        {
            partitions[i % partitions.Length].Append(new RawRecord(value));
        }
    }

    private static long Read(OwnedPartition partition, long from, long atMost)
    {
        long count = 0;
        using PartitionScan scan = partition.Scan(from);
        while (count < atMost && scan.TryRead(out _))
        {
            count++;
        }

        return count;
    }

    private static void Seek(OwnedPartition[] partitions)
    {
        Random random = new(1);
        for (int i = 0; i < Seeks; i++)
        {
            OwnedPartition partition = partitions[random.Next(partitions.Length)];
            Read(partition, random.NextInt64(partition.EndOffset), 1);
        }
    }
}

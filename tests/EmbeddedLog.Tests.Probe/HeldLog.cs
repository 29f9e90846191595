namespace EmbeddedLog.Tests.Probe;

/// <summary>
/// A log that this process holds open while a test does something to its directory: each line of standard input is a
/// command, each answer a line on standard output.
/// </summary>
internal static class HeldLog
{
    /// <summary>How many records one command appends.</summary>
    private const int Records = 20;

    /// <summary>Runs until standard input ends; returns how many records can be read then.</summary>
    public static string Run(string path)
    {
        using CommitLog log = CommitLog.Open(path);
        TopicOptions options = new() { SegmentBytes = 64 << 10 };
        Topic topic = log.EnsureTopicAsync("topic", options).AsTask().GetAwaiter().GetResult();
        Console.WriteLine("ready");
        while (Console.ReadLine() is { } command)
        {
            Console.WriteLine(Answer(topic[0], command));
        }

        return "closing";
    }

    private static string Answer(OwnedPartition partition, string command)
    {
        try
        {
            switch (command)
            {
                case "append":
                    byte[] value = new byte[500];
                    for (int i = 0; i < Records; i++)
                    {
                        partition.Append(new RawRecord(value));
                    }

                    partition.FlushAsync().AsTask().GetAwaiter().GetResult();
                    return $"end {partition.EndOffset}";
                case "read":
                    int count = 0;
                    using (PartitionScan scan = partition.Scan(partition.StartOffset))
                    {
                        while (scan.TryRead(out _))
                        {
                            count++;
                        }
                    }

                    return $"read {count}";
                case "failure":
                    return partition.Log.Failure?.Message.Split('\n')[0] ?? "none";
                default:
                    return "unknown";
            }
        }
        catch (EmbeddedLogException failure)
        {
            return failure.GetType().Name;
        }
    }

    /// <summary>
    /// Appends and flushes so many records, again and again what is refused; how often that was, and what came of it.
    /// </summary>
    public static string AppendAll(string path)
    {
        const int All = 200;
        using CommitLog log = CommitLog.Open(path);
        TopicOptions options = new() { SegmentBytes = 16 << 10 };
        Topic? topic = null;
        int refused = 0;
        while (topic is null || topic[0].DurableOffset < All)
        {
            try
            {
                topic ??= log.EnsureTopicAsync("topic", options).AsTask().GetAwaiter().GetResult();
                if (topic[0].EndOffset < All)
                {
                    topic[0].Append(new RawRecord(new byte[500]));
                }

                topic[0].FlushAsync().AsTask().GetAwaiter().GetResult();
            }
            catch (LogIOException)
            {
                refused++;
            }
        }

        return $"refused {refused}, end {topic[0].EndOffset}, durable {topic[0].DurableOffset}";
    }

    /// <summary>Reads a log that somebody else has open; how many records there are, or why not.</summary>
    public static string Follow(string path)
    {
        try
        {
            using ReadOnlyLog log = CommitLog.OpenReadOnlyAsync(path).AsTask().GetAwaiter().GetResult();
            LogPartition partition = log.GetTopic("topic")[0];
            int count = 0;
            using PartitionScan scan = partition.Scan(partition.StartOffset);
            while (scan.TryRead(out _))
            {
                count++;
            }

            return $"read {count}";
        }
        catch (EmbeddedLogException failure)
        {
            return failure.GetType().Name;
        }
    }
}

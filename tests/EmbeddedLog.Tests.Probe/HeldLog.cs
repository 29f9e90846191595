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
        TopicOptions options = new() { SegmentBytes = 8 << 20 };
        Topic topic = log.EnsureTopicAsync("topic", options).AsTask().GetAwaiter().GetResult();
        Console.WriteLine("ready");
        while (Console.ReadLine() is { } command)
        {
            Console.WriteLine(Answer(topic[0], command));
        }

        return "closing";
    }

    private static string Answer(Partition partition, string command)
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
                default:
                    return "unknown";
            }
        }
        catch (EmbeddedLogException failure)
        {
            return failure.GetType().Name;
        }
    }
}

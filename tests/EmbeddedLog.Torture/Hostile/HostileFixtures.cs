using System.Globalization;
using System.Text;

namespace EmbeddedLog.Torture.Hostile;

/// <summary>The logs to be forged: a closed one, and one left by a killed process.</summary>
internal sealed class HostileFixtures
{
    private readonly string[] _directories;

    private HostileFixtures(string[] directories) => _directories = directories;

    public static async Task<HostileFixtures> MakeAsync(string directory)
    {
        string closed = Path.Combine(directory, "closed");
        string killed = Path.Combine(directory, "killed");
        await using (CommitLog log = await CommitLog.OpenAsync(closed))
        {
            await AppendAsync(log);
            Copy(closed, killed);
        }

        return new HostileFixtures([closed, killed]);
    }

    /// <summary>Copies one of them to the directory of a case.</summary>
    public void CopyOne(Random random, string to) => Copy(_directories[random.Next(_directories.Length)], to);

    private static async Task AppendAsync(CommitLog log)
    {
        foreach (string name in (string[])["first", "second"])
        {
            await log.CreateTopicAsync(name, new TopicOptions { SegmentBytes = 16 << 10, Partitions = 2 });
        }

        Topic topic = log.GetTopic("first");
        RecordBatch batch = new();
        for (int i = 0; i < 60; i++)
        {
            byte[] key = Encoding.UTF8.GetBytes(i.ToString(CultureInfo.InvariantCulture));
            batch.Clear();
            batch.Add(new RawRecord(key, new byte[200]));
            batch.Add(RawRecord.Tombstone(key));
            batch.Add(new RawRecord(key, new byte[10]) { Headers = [new Header("name", "value")] });
            topic[0].AppendBatch(batch);
            topic[0].Append(new RawRecord(key, new byte[400]) { Headers = [new Header("name", "value")] });
            topic[1].Append(new RawRecord(new byte[20]));
            if (i == 30)
            {
                await topic[0].FlushAsync();
            }
        }

        await using Consumer<byte[], byte[]> consumer = log.CreateConsumer<byte[], byte[]>("first", "group");
        await foreach (Record<byte[], byte[]> record in consumer.ReadToEndAsync())
        {
            await consumer.CommitAsync(record);
        }
    }

    private static void Copy(string from, string to)
    {
        foreach (string directory in Directory.GetDirectories(from, "*", SearchOption.AllDirectories).Prepend(from))
        {
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, directory)));
        }

        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            // The lock file cannot be read while the log is open; each opening creates it again.
            if (Path.GetFileName(file) != "lock")
            {
                File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
            }
        }
    }
}

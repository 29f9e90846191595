namespace EmbeddedLog.Comparison;

/// <summary>A log with one topic and the default options.</summary>
internal sealed class ScratchLog : IAsyncDisposable
{
    private ScratchLog(CommitLog log, Topic topic)
    {
        Log = log;
        Topic = topic;
    }

    public const string Settings = "the default options: checksums, retention, 64 MiB segments, flushed every second";

    public const string TopicName = "topic";

    public CommitLog Log { get; }

    public Topic Topic { get; }

    /// <summary>The first partition, which is the only one unless more were asked for.</summary>
    public OwnedPartition Partition => Topic[0];

    public static async Task<ScratchLog> OpenAsync(string directory, int partitions = 1)
    {
        CommitLog log = await CommitLog.OpenAsync(Path.Combine(directory, "log"));
        return new ScratchLog(log, await log.CreateTopicAsync(TopicName, new TopicOptions { Partitions = partitions }));
    }

    public ValueTask DisposeAsync() => Log.DisposeAsync();
}

namespace EmbeddedLog.Comparison;

/// <summary>A log with one topic of one partition and the default options.</summary>
internal sealed class ScratchLog : IAsyncDisposable
{
    private ScratchLog(CommitLog log, Partition partition)
    {
        Log = log;
        Partition = partition;
    }

    public const string Settings = "the default options: checksums, retention, 64 MiB segments, flushed every second";

    public CommitLog Log { get; }

    public Partition Partition { get; }

    public static async Task<ScratchLog> OpenAsync(string directory)
    {
        CommitLog log = await CommitLog.OpenAsync(Path.Combine(directory, "log"));
        Topic topic = await log.CreateTopicAsync("topic");
        return new ScratchLog(log, topic[0]);
    }

    public ValueTask DisposeAsync() => Log.DisposeAsync();
}

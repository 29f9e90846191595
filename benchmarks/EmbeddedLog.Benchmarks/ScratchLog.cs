namespace EmbeddedLog.Benchmarks;

/// <summary>A log with one topic in a directory of its own, which is removed with it.</summary>
internal sealed class ScratchLog : IAsyncDisposable
{
    private ScratchLog(string directory, CommitLog log, Topic topic)
    {
        Directory = directory;
        Log = log;
        Topic = topic;
    }

    public string Directory { get; }

    public CommitLog Log { get; }

    public Topic Topic { get; }

    public static async Task<ScratchLog> OpenAsync(TopicOptions? options = null)
    {
        // Under the build's output rather than the system's temporary directory, which is memory on many systems.
        string directory = Path.Combine(AppContext.BaseDirectory, "scratch", Path.GetRandomFileName());
        CommitLog log = await CommitLog.OpenAsync(directory);
        return new ScratchLog(directory, log, await log.CreateTopicAsync("topic", options));
    }

    public async ValueTask DisposeAsync()
    {
        await Log.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}

namespace EmbeddedLog.Torture.Load;

/// <summary>The objects shared by the workers of one life.</summary>
/// <param name="Log">The log.</param>
/// <param name="Report">Receives their acknowledgements.</param>
/// <param name="Life">The life's number.</param>
/// <param name="Seed">The life's seed; each worker derives its own random numbers.</param>
/// <param name="Stop">Cancelled when they must end.</param>
internal sealed record LoadWork(CommitLog Log, LoadReport Report, int Life, int Seed, CancellationToken Stop)
{
    /// <summary>A worker's own random numbers.</summary>
    public Random RandomOf(int worker) => new(HashCode.Combine(Seed, Life, worker));

    /// <summary>A topic of the load.</summary>
    public Topic TopicAt(int place) => Log.GetTopic(LoadTopic.All[place].Name);
}

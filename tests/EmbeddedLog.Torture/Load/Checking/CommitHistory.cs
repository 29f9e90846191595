namespace EmbeddedLog.Torture.Load.Checking;

/// <summary>What is known of the commits of one group in one partition.</summary>
internal sealed class CommitHistory
{
    /// <summary>The last commit that was acknowledged, at any level; zero for none.</summary>
    public long Acknowledged { get; set; }

    /// <summary>The last commit that was acknowledged as flushed.</summary>
    public long Flushed { get; set; }

    /// <summary>
    /// The commits that were begun since the last acknowledged one. Several, where lives ended in the middle of one and
    /// nobody has looked since: each may be in the log.
    /// </summary>
    public List<long> Begun { get; } = [];
}

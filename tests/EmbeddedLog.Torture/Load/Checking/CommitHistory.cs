namespace EmbeddedLog.Torture.Load.Checking;

/// <summary>The known commits of one group in one partition.</summary>
internal sealed class CommitHistory
{
    /// <summary>The last commit that was acknowledged, at any level; zero for none.</summary>
    public long Acknowledged { get; set; }

    /// <summary>The last commit that was acknowledged as flushed.</summary>
    public long Flushed { get; set; }

    /// <summary>
    /// The commits begun since the last acknowledged one. There are several if lives ended in the middle of one and no
    /// check followed: each may be in the log.
    /// </summary>
    public List<long> Begun { get; } = [];
}

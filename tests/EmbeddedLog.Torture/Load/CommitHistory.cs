namespace EmbeddedLog.Torture.Load;

/// <summary>What is known of the commits of one group in one partition.</summary>
internal sealed class CommitHistory
{
    /// <summary>The last commit that was acknowledged, at any level; zero for none.</summary>
    public long Acknowledged { get; set; }

    /// <summary>The last commit that was acknowledged as flushed.</summary>
    public long Flushed { get; set; }

    /// <summary>The last commit that was begun.</summary>
    public long Begun { get; set; }
}

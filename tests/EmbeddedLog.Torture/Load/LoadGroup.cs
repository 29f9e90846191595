namespace EmbeddedLog.Torture.Load;

/// <summary>A group of the load; reads one topic and commits.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Topic">The topic's place in <see cref="LoadTopic.All"/>.</param>
/// <param name="Level">The level at which its commits are acknowledged.</param>
internal sealed record LoadGroup(string Name, int Topic, Durability Level)
{
    /// <summary>Two on one topic, at both levels, and one on each of the others.</summary>
    public static IReadOnlyList<LoadGroup> All { get; } =
    [
        new("billing", 0, Durability.Written),
        new("fraud", 0, Durability.Flushed),
        new("alerts", 1, Durability.Written),
        new("archive", 2, Durability.Flushed),
        new("thumbnails", LoadTopic.Uploads, Durability.Written),
    ];

    /// <summary>The metadata of a commit, derived from its offset so that a check can compare the two.</summary>
    public string MetadataOf(int partition, long offset) => $"{Name}/{partition}@{offset}";
}

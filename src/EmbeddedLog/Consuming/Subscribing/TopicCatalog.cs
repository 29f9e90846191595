using EmbeddedLog.Coordination.Groups;
using EmbeddedLog.Partitions.Reading;
using EmbeddedLog.Topics;

namespace EmbeddedLog.Consuming.Subscribing;

/// <summary>The topics of a log for its groups, whoever owns the log.</summary>
/// <param name="names">The names of all topics, in ordinal order.</param>
/// <param name="find">The partitions of a topic by number, or null.</param>
internal sealed class TopicCatalog(
    Func<IReadOnlyList<string>> names, Func<string, IReadOnlyList<ReadablePartition>?> find) : ITopicCatalog
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names => names();

    /// <summary>Those of the log's owner.</summary>
    public static TopicCatalog Of(TopicSet topics) => new(
        () => [.. topics.All.Select(topic => topic.Name)],
        name => topics.TryGet(name, out Topic? topic) ? [.. topic.Partitions.Select(each => each.Log)] : null);

    /// <summary>Those that a follower knows.</summary>
    public static TopicCatalog Of(FollowedTopics topics) => new(
        () => [.. topics.Known.Keys],
        name => topics.Known.TryGetValue(name, out ReadOnlyTopic? topic)
            ? [.. topic.Partitions.Select(each => each.Source)]
            : null);

    /// <inheritdoc/>
    public IReadOnlyList<ReadablePartition>? Find(string topic) => find(topic);
}

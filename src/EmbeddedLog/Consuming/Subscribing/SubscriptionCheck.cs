using EmbeddedLog.Consuming.Positions;
using EmbeddedLog.Coordination.Groups;
using EmbeddedLog.Topics;

namespace EmbeddedLog.Consuming.Subscribing;

/// <summary>Checks that a log has what a subscription names.</summary>
internal static class SubscriptionCheck
{
    /// <summary>Throws unless there are all topics and partitions that are named; a pattern need find none.</summary>
    /// <param name="subscription">The subscription.</param>
    /// <param name="topics">The topics that there are.</param>
    /// <param name="advice">How a topic is made, for the message.</param>
    /// <exception cref="UnknownTopicException">Topics are missing; the message names all.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Partitions are missing; the message names all.</exception>
    public static void ThrowIfMissing(Subscription subscription, ITopicCatalog topics, string advice)
    {
        var counts = subscription.TopicNames.ToDictionary(name => name, name => topics.Find(name)?.Count);
        string[] missing = [.. subscription.TopicNames.Where(name => counts[name] is null)];
        if (missing.Length > 0)
        {
            throw TopicErrors.Unknown(missing, topics.Names, advice);
        }

        TopicPartition[] beyond = [.. subscription.ByHand.Where(each => each.Partition >= counts[each.Topic])];
        if (beyond.Length > 0)
        {
            throw ConsumerErrors.NoSuchPartitions(beyond, topic => counts[topic]!.Value);
        }
    }
}

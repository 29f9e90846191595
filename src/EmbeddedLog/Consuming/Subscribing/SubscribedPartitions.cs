using EmbeddedLog.Consuming.Positions;
using EmbeddedLog.Partitions;
using EmbeddedLog.Partitions.Reading;
using EmbeddedLog.Topics;

namespace EmbeddedLog.Consuming.Subscribing;

/// <summary>
/// Finds the partitions of a subscription in a log: topic by topic in the order of the subscription, each by number; or
/// those chosen by hand, as they were given.
/// </summary>
internal static class SubscribedPartitions
{
    /// <summary>The partitions, for the log's owner.</summary>
    /// <exception cref="UnknownTopicException">Topics are missing; the message names all.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Partitions are missing; the message names all.</exception>
    public static PartitionLog[] Find(Subscription subscription, TopicSet topics) =>
        Find<PartitionLog>(
            subscription,
            name => topics.TryGet(name, out Topic? topic) ? [.. topic.Partitions.Select(each => each.Log)] : null,
            () => [.. topics.All.Select(topic => topic.Name)],
            TopicErrors.MakeAdvice);

    /// <summary>The partitions, for who only reads the log.</summary>
    /// <inheritdoc cref="Find(Subscription, TopicSet)" path="/exception"/>
    public static ReadablePartition[] Find(
        Subscription subscription, SortedDictionary<string, ReadOnlyTopic> topics) =>
        Find<ReadablePartition>(
            subscription,
            name => topics.TryGetValue(name, out ReadOnlyTopic? topic)
                ? [.. topic.Partitions.Select(each => each.Source)]
                : null,
            () => [.. topics.Keys],
            TopicErrors.OwnerAdvice);

    private static T[] Find<T>(
        Subscription subscription, Func<string, T[]?> find, Func<IReadOnlyList<string>> names, string advice)
        where T : ReadablePartition
    {
        string[] asked = [.. subscription.Names.Concat(subscription.ByHand.Select(each => each.Topic)).Distinct()];
        Dictionary<string, T[]> found = new(StringComparer.Ordinal);
        foreach (string name in asked)
        {
            if (find(name) is { } partitions)
            {
                found.Add(name, partitions);
            }
        }

        string[] missing = [.. asked.Where(name => !found.ContainsKey(name))];
        if (missing.Length > 0)
        {
            throw TopicErrors.Unknown(missing, names(), advice);
        }

        TopicPartition[] beyond =
            [.. subscription.ByHand.Where(each => each.Partition >= found[each.Topic].Length)];
        return beyond.Length == 0
            ?
            [
                .. subscription.Names.SelectMany(name => found[name]),
                .. subscription.ByHand.Select(each => found[each.Topic][each.Partition]),
            ]
            : throw ConsumerErrors.NoSuchPartitions(beyond, topic => found[topic].Length);
    }
}

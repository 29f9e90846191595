using EmbeddedLog.Consuming.Positions;

namespace EmbeddedLog.Consuming.Membership;

/// <summary>
/// The order of a consumer's partitions: topic by topic as the subscription names them, each by number; topics that a
/// pattern has found by name; those chosen by hand as they were given.
/// </summary>
internal sealed class AssignmentOrder
{
    private readonly Dictionary<TopicPartition, int> _byHand = [];
    private readonly Dictionary<string, int> _names = new(StringComparer.Ordinal);

    public AssignmentOrder(Subscription subscription)
    {
        foreach (TopicPartition partition in subscription.ByHand)
        {
            _byHand.Add(partition, _byHand.Count);
        }

        foreach (string name in subscription.Names)
        {
            _names.Add(name, _names.Count);
        }
    }

    /// <summary>The cursors in that order.</summary>
    public AssignedPartitions Sort(List<PartitionCursor> cursors)
    {
        cursors.Sort((one, other) => Compare(one.Log.Id, other.Log.Id));
        return new AssignedPartitions([.. cursors]);
    }

    private int Compare(TopicPartition one, TopicPartition other)
    {
        int byRank = Rank(one).CompareTo(Rank(other));
        int byTopic = byRank != 0 ? byRank : string.CompareOrdinal(one.Topic, other.Topic);
        return byTopic != 0 ? byTopic : one.Partition.CompareTo(other.Partition);
    }

    private int Rank(TopicPartition partition) =>
        _byHand.TryGetValue(partition, out int place) || _names.TryGetValue(partition.Topic, out place) ? place : 0;
}

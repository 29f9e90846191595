using EmbeddedLog.Partitions;
using EmbeddedLog.Records;

namespace EmbeddedLog.Coordination.Offsets;

/// <summary>The exceptions of consumer groups, each with what to do.</summary>
internal static class GroupErrors
{
    /// <summary>The group has members for partitions already.</summary>
    /// <param name="group">The group.</param>
    /// <param name="taken">By what a member reads: the partitions of it that were asked for.</param>
    public static InvalidOperationException AlreadyJoined(string group, ILookup<string, TopicPartition> taken)
    {
        string holders = PartitionText.List(
            [.. taken.Select(holder => $"{PartitionText.Of(holder)} by its consumer of {holder.Key}")]);
        return new($"Group '{group}' reads already: {holders}. A partition can have one consumer of a group at a time. "
            + "Dispose that one first: it leaves the group only then. Or read other partitions, see "
            + "Subscription.Partitions. To read all records once more beside it, use another group.");
    }

    /// <summary>The offset lies outside what may be committed.</summary>
    public static ArgumentOutOfRangeException BeyondEnd(PartitionLog partition, long offset) =>
        new(
            nameof(offset),
            offset,
            $"Offset {offset} of partition {partition.Id} cannot be committed: the next record to be appended gets "
            + $"{partition.PublishedEnd}. Commit the offset of the next record to read, at most that.");

    /// <summary>The topic is gone, and what is committed for it with it.</summary>
    public static UnknownTopicException Deleted(string topic) =>
        new($"Topic '{topic}' was deleted, and what was committed for it with it. Dispose the consumer; if the topic "
            + "was made again, create another one, for the new topic is not the old one.")
        {
            Topic = topic,
        };
}

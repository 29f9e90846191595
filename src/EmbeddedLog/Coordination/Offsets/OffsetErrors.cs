using EmbeddedLog.Partitions.Reading;

namespace EmbeddedLog.Coordination.Offsets;

/// <summary>The exceptions of commits, each with what to do.</summary>
internal static class OffsetErrors
{
    /// <summary>The offset lies outside what may be committed.</summary>
    public static ArgumentOutOfRangeException BeyondEnd(ReadablePartition partition, long offset) =>
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

using EmbeddedLog.Concurrency;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Topics;

/// <summary>Describes topics to the outside. A partition in trouble does not hide the others.</summary>
internal static class TopicDescriptions
{
    /// <summary>Describes a topic of a log that is owned.</summary>
    /// <exception cref="UnknownTopicException">It was deleted.</exception>
    public static TopicDescription Of(Topic topic)
    {
        Topic.State now = topic.Current;
        return Of(now.Stored, now.Partitions);
    }

    /// <summary>Describes a topic of a log that is followed.</summary>
    /// <exception cref="UnknownTopicException">Its owner has deleted it.</exception>
    public static TopicDescription Of(ReadOnlyTopic topic)
    {
        ReadOnlyTopic.State now = topic.Current;
        return Of(now.Stored, now.Partitions);
    }

    /// <summary>Describes a topic. Works on the calling thread; what fails, fails the task.</summary>
    public static ValueTask<TopicDescription> DescribeAsync<T>(
        Func<T> topic, Func<T, TopicDescription> describe, CancellationToken cancellationToken) =>
        Completed.Run(() => describe(topic()), cancellationToken);

    /// <summary>Describes topics, but those that are deleted meanwhile; as <see cref="DescribeAsync"/>.</summary>
    public static ValueTask<IReadOnlyList<TopicDescription>> ListAsync<T>(
        Func<IEnumerable<T>> topics, Func<T, TopicDescription> describe, CancellationToken cancellationToken) =>
        Completed.Run<IReadOnlyList<TopicDescription>>(
            () => List(topics(), describe, cancellationToken), cancellationToken);

    private static List<TopicDescription> List<T>(
        IEnumerable<T> topics, Func<T, TopicDescription> describe, CancellationToken cancellationToken)
    {
        List<TopicDescription> all = [];
        foreach (T topic in topics)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                all.Add(describe(topic));
            }
            catch (UnknownTopicException)
            {
                // As if it had been asked a moment later.
            }
        }

        return all;
    }

    private static TopicDescription Of(StoredTopic stored, IReadOnlyList<LogPartition> partitions) =>
        new() { Name = stored.Name, Options = stored.Options.Copy(), Partitions = [.. partitions.Select(Of)] };

    private static PartitionDescription Of(LogPartition partition)
    {
        long start = 0, durable = 0, end = 0, size = 0;
        DateTimeOffset? last = null;
        EmbeddedLogException? failure = (partition as OwnedPartition)?.Failure;
        try
        {
            // In this order each is at most the next, for none of them goes back.
            start = partition.StartOffset;
            durable = partition.DurableOffset;
            end = partition.EndOffset;
            size = partition.SizeBytes;
            if (partition.TryReadLast(out RecordLease? record))
            {
                using (record)
                {
                    last = UnixTime.ToDateTimeOffset(record.Timestamp);
                }
            }
        }
        catch (EmbeddedLogException unreadable) when (unreadable is not UnknownTopicException)
        {
            failure ??= unreadable;
        }

        return new PartitionDescription
        {
            Partition = partition.TopicPartition,
            StartOffset = start,
            DurableOffset = durable,
            EndOffset = end,
            SizeBytes = size,
            Segments = partition.Source.Segments.Count,
            LastTimestamp = last,
            Failure = failure,
        };
    }
}

using EmbeddedLog.Records;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Consuming.Positions;

/// <summary>The exceptions of consumers, each with what to do.</summary>
internal static class ConsumerErrors
{
    /// <summary>How many topics are named one by one.</summary>
    private const int MaxNamed = 20;

    /// <summary>The consumer was disposed.</summary>
    public static ObjectDisposedException Disposed() =>
        new(
            "Consumer",
            "The consumer was disposed. Create another one to read on: of the same group, it begins where this one "
            + "has committed.");

    /// <summary>Two reads at once.</summary>
    public static InvalidOperationException AlreadyReading() =>
        new("The consumer is being read already, and only one read at a time can say what is finished. Leave that loop "
            + "first, by break or by cancelling its token; an enumerator got by hand must be disposed. To read the "
            + "records twice at once, create a consumer in another group, or without one.");

    /// <summary>Two steps of one read at once.</summary>
    public static InvalidOperationException StillMoving() =>
        new("The enumerator is still busy with MoveNextAsync. Await that first; to end the waiting, cancel its token.");

    /// <summary>A commit without a group.</summary>
    public static InvalidOperationException NoGroup(IReadOnlyList<string> topics) =>
        new($"The consumer of {Named(topics)} has no group to commit for. Name one when creating it: "
            + "CreateConsumer(topic, group).");

    /// <summary>A group in a process that only reads the log.</summary>
    public static ArgumentException GroupOfReader(string group) =>
        new(
            $"A process that only reads the log cannot commit for group '{group}' without a directory of its own: set "
            + "ReadOnlyLogOptions.OffsetsDirectory. Or leave the group out, keep the position of each record with what "
            + "comes of it, and begin there with SeekAsync.",
            nameof(group));

    /// <summary>Dead letters in a process that only reads the log.</summary>
    public static ArgumentException DeadLettersOfReader(ForEachOptions options) =>
        new(
            $"A process that only reads the log cannot append dead letters to '{options.DeadLetterTopic}'. Leave "
            + $"{nameof(ForEachOptions.DeadLetterTopic)} out, and keep what failed elsewhere, in "
            + $"{nameof(ForEachOptions.FailureHandler)}; or handle the records in the process that owns the log.",
            nameof(options));

    /// <summary>Dead letters that the same consumer would read.</summary>
    public static ArgumentException DeadLettersAreRead(ForEachOptions options, Subscription topics) =>
        new(
            $"The consumer reads topic '{options.DeadLetterTopic}' itself ({topics}), so that a dead letter would fail "
            + $"again and again. Name another topic as {nameof(ForEachOptions.DeadLetterTopic)}, or subscribe to less.",
            nameof(options));

    /// <summary>A requeueing of what is no dead letter.</summary>
    public static InvalidOperationException NoDeadLetter(TopicPartitionOffset record) =>
        new($"Record {record} is no dead letter: it has no headers '{DeadLetterHeaders.Topic}' and "
            + $"'{DeadLetterHeaders.Partition}'. Name a record of a topic of dead letters.");

    /// <summary>A requeueing of a record that is not there.</summary>
    public static OffsetUnavailableException NoSuchRecord(TopicPartitionOffset record, long start, long end) =>
        new($"There is no record {record}: the partition has offsets {start} to {end - 1}. Read the topic of dead "
            + "letters again for what there is.")
        {
            Topic = record.Topic,
            Partition = record.Partition,
            Offset = record.Offset,
        };

    /// <summary>Nothing is committed, and the consumer asked for an error then.</summary>
    public static OffsetUnavailableException NothingCommitted(TopicPartition partition) =>
        new($"Nothing is committed for partition {partition}, and StartAt.Error says not to guess. Seek to where to "
            + "begin, or create the consumer with StartAt.Earliest or StartAt.Latest.")
        {
            Topic = partition.Topic,
            Partition = partition.Partition,
        };

    /// <summary>A partition of another topic.</summary>
    public static ArgumentException WrongTopic(IReadOnlyList<string> topics, string? asked)
    {
        string? nearest = asked is null ? null : NearestName.Of(asked, topics);
        string meant = nearest is null ? string.Empty : $" Did you mean '{nearest}'?";
        return new($"The consumer reads {Named(topics)}, not '{asked}'.{meant} Name one of its partitions, see "
            + "Assignment.");
    }

    /// <summary>A partition that the consumer does not read, of a topic of which it reads others.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="assigned">The numbers of the others.</param>
    public static ArgumentOutOfRangeException NotAssigned(TopicPartition partition, IEnumerable<int> assigned) =>
        new(
            nameof(partition),
            partition.Partition,
            $"The consumer reads {PartitionText.Numbers(assigned)} of topic '{partition.Topic}', see Assignment.");

    /// <summary>A partition of the subscription that another member of the group has, or nobody yet.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="group">The group; null for a consumer without one.</param>
    /// <param name="owner">Who has it; null for nobody.</param>
    public static ArgumentOutOfRangeException OfAnother(TopicPartition partition, string? group, string? owner) =>
        new(
            nameof(partition),
            partition.Partition,
            $"Partition {partition} is not assigned to this consumer of group '{group}' now: "
            + $"{(owner is null ? "nobody has it" : $"it belongs to {owner}")}. Use those of Assignment, or wait for "
            + "ConsumerOptions.OnAssigned.");

    /// <summary>A subscription of partitions that their topics do not have.</summary>
    /// <param name="topics">The partitions.</param>
    /// <param name="count">How many partitions a topic has.</param>
    public static ArgumentOutOfRangeException NoSuchPartitions(
        IReadOnlyList<TopicPartition> topics, Func<string, int> count)
    {
        string[] counts =
        [
            .. topics.Select(each => each.Topic).Distinct().Select(
                topic => $"topic '{topic}' has {PartitionText.Numbers(Enumerable.Range(0, count(topic)))}"),
        ];
        return new(
            nameof(topics),
            string.Join(", ", topics),
            $"The subscription names {PartitionText.Of(topics)}, but {PartitionText.List(counts)}. Name others.");
    }

    /// <summary>A seek to a negative offset.</summary>
    public static ArgumentOutOfRangeException NegativeOffset(TopicPartitionOffset at) =>
        new(
            nameof(at),
            at.Offset,
            $"Offsets of partition {at.TopicPartition} begin at zero. For the first record there is, use "
            + "SeekAsync(SeekTarget.Beginning).");

    /// <summary>A skip of a failure that is not about a place in a partition.</summary>
    public static ArgumentException NothingToSkip(EmbeddedLogException failure) =>
        new(
            failure is LogTruncatedException
                ? "There is nothing to skip: the position was moved already when this was told. Read on."
            : failure is UnknownTopicException
                ? "There is nothing to go on with in a topic that was deleted. To be told no more, pause its "
                    + $"partitions, or create a consumer without it. {failure.Message}"
                : $"The failure names no offset to skip: {failure.Message}",
            nameof(failure));

    /// <summary>A skip in a partition that the opening has found damaged.</summary>
    public static ArgumentException SkipOfDamage(TopicPartition partition, EmbeddedLogException failure) =>
        new(
            $"Partition {partition} was found damaged when the log was opened, and nothing of it can be read: there is "
            + "nothing to go on with. Pause it to be told no more, and repair it with CommitLog.SalvageAsync when the "
            + "log is closed.",
            nameof(failure),
            failure);

    /// <summary>A skip of a failure at another position than the present one.</summary>
    public static InvalidOperationException HasMoved(TopicPartition partition, long offset, long position) =>
        position == offset
            ? new($"Offset {offset} of partition {partition} could be read since that failure. Nothing was skipped. "
                + "Read on, or seek to where to go on.")
            : new(
                $"Partition {partition} is {(position < 0 ? "where the next read begins" : $"at offset {position}")}, "
                + $"no longer at {offset}, where the read failed. Nothing was skipped. Read on, or seek to where to go "
                + "on.");

    /// <summary>Topics by name, or the first of many: <c>topics 'orders' and 'page-views'</c>.</summary>
    private static string Named(IReadOnlyList<string> topics)
    {
        string[] named = [.. topics.Take(MaxNamed).Select(topic => $"'{topic}'")];
        string all = PartitionText.List(
            topics.Count > MaxNamed ? [.. named, $"{topics.Count - MaxNamed} others"] : named);
        return $"topic{(topics.Count > 1 ? "s" : string.Empty)} {all}";
    }
}

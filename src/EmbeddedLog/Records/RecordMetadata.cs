using EmbeddedLog.Validation;

namespace EmbeddedLog;

/// <summary>The position and the time of a record that was sent.</summary>
/// <param name="Topic">The topic's name.</param>
/// <param name="Partition">The partition's number, from zero.</param>
/// <param name="Offset">The record's offset in the partition, from zero.</param>
/// <param name="Timestamp">The record's time in UTC, to the millisecond, as stored.</param>
public readonly record struct RecordMetadata(string Topic, int Partition, long Offset, DateTimeOffset Timestamp)
{
    /// <summary>The record's time in UTC, to the millisecond, as stored.</summary>
    public DateTimeOffset Timestamp
    {
        get => UnixTime.ToDateTimeOffset(UnixMilliseconds);
        init => UnixMilliseconds = value.ToUnixTimeMilliseconds();
    }

    /// <summary>The partition without the offset.</summary>
    public TopicPartition TopicPartition => new(Topic, Partition);

    /// <summary>The position without the time.</summary>
    public TopicPartitionOffset TopicPartitionOffset => new(Topic, Partition, Offset);

    /// <summary>The time as it is stored, so that a send that nobody asks for it does not convert it.</summary>
    internal long UnixMilliseconds { get; init; } = Timestamp.ToUnixTimeMilliseconds();

    /// <summary>The position in the customary form, <c>topic-3@42</c>.</summary>
    public override string ToString() => TopicPartitionOffset.ToString();
}

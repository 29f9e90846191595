namespace EmbeddedLog;

/// <summary>
/// A partition as of one moment. The offsets are in order: <see cref="StartOffset"/> is at most
/// <see cref="DurableOffset"/>, and that at most <see cref="EndOffset"/>.
/// </summary>
public sealed class PartitionDescription
{
    /// <summary>Topic and number.</summary>
    public required TopicPartition Partition { get; init; }

    /// <summary>The offset of the first record that retention has left; as Kafka's log start offset.</summary>
    public required long StartOffset { get; init; }

    /// <summary>The offset of the next record to be appended; as Kafka's log end offset.</summary>
    public required long EndOffset { get; init; }

    /// <summary>
    /// All records below this offset are <see cref="Durability.Flushed"/>; as <see cref="LogPartition.DurableOffset"/>.
    /// </summary>
    public required long DurableOffset { get; init; }

    /// <summary>The bytes that the records take, headers included, reserved space not.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>How many segments (files of records) there are.</summary>
    public required int Segments { get; init; }

    /// <summary>The timestamp of the last record; null where there is no record, or it cannot be read.</summary>
    public DateTimeOffset? LastTimestamp { get; init; }

    /// <summary>
    /// What is wrong: why nothing more can be appended (<see cref="OwnedPartition.Failure"/>), else why the last record
    /// cannot be read; null where all that was looked at is well. What could not be looked at is zero.
    /// </summary>
    public EmbeddedLogException? Failure { get; init; }

    /// <summary>Topic and number.</summary>
    public override string ToString() => Partition.ToString();
}

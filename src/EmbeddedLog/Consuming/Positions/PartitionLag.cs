namespace EmbeddedLog;

/// <summary>How far a consumer is behind in one partition; as the lag of Kafka's consumers.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Position">The first offset that is not finished.</param>
/// <param name="EndOffset">The offset of the next record to be appended.</param>
public readonly record struct PartitionLag(TopicPartition Partition, long Position, long EndOffset)
{
    /// <summary>
    /// Why the partition cannot tell where it ends, so that nobody knows how far the consumer is behind; null if it
    /// can.
    /// </summary>
    public Exception? Failure { get; init; }

    /// <summary>
    /// The number of offsets that are not finished. It equals the number of records, unless retention or a salvage has
    /// removed unread ones: those count too. -1 if it is not known, see <see cref="Failure"/>.
    /// </summary>
    public long Records => Failure is null ? Math.Max(0, EndOffset - Position) : -1;

    /// <summary>
    /// How long ago the first record that is not finished was made, by its timestamp and the log's clock; zero if there
    /// is none, and null if it cannot be read.
    /// </summary>
    public TimeSpan? Time { get; init; }

    /// <summary>The partition and the lag: <c>page-views-3: 42 behind</c>.</summary>
    public override string ToString() => Failure is null
        ? FormattableString.Invariant($"{Partition}: {Records} behind")
        : $"{Partition}: not known how far behind";
}

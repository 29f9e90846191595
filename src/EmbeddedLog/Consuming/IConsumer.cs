namespace EmbeddedLog;

/// <summary>
/// What a consumer can do whatever the types of its records are: positions, commits, pauses. Callbacks for changes of
/// the assignment get it; <see cref="IConsumer{TKey, TValue}"/> reads.
/// </summary>
/// <remarks>
/// Thread safety: all members may be called from any thread, also while a read is under way. Partitions are those of
/// <see cref="Assignment"/>: another one is an <see cref="ArgumentException"/>.
/// </remarks>
public interface IConsumer : IAsyncDisposable, IDisposable
{
    /// <summary>The group whose position it commits, or null for none: then commits throw.</summary>
    string? Group { get; }

    /// <summary>The partitions that it reads at present.</summary>
    IReadOnlyList<TopicPartition> Assignment { get; }

    /// <summary>
    /// Commits the place at which the group's next consumer begins. This consumer reads on from its own position, but
    /// all records that it has returned below the place are finished.
    /// </summary>
    /// <param name="next">A partition, and the offset of the next record to read, from zero to its end.</param>
    /// <param name="metadata">
    /// Text to store with it, or null; as Kafka's <c>OffsetAndMetadata</c>, up to 4,096 bytes.
    /// </param>
    /// <param name="cancellationToken">Before the commit: nothing is committed. After it: ends the waiting.</param>
    /// <exception cref="InvalidOperationException">The consumer has no group.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The offset is not from zero to the partition's end.</exception>
    /// <exception cref="PartitionLostException">The consumer had the partition, and has it no more.</exception>
    /// <exception cref="EmbeddedLogException">It could not be committed, see the type thrown.</exception>
    /// <exception cref="OperationCanceledException">The commit, or the waiting for it, was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The consumer was disposed.</exception>
    ValueTask CommitAsync(NextOffset next, string? metadata = null, CancellationToken cancellationToken = default);

    /// <summary>Commits everything finished: each partition's position that is not committed yet.</summary>
    /// <param name="cancellationToken">Before the commit: nothing is committed. After it: ends the waiting.</param>
    /// <inheritdoc cref="CommitAsync(NextOffset, string?, CancellationToken)" path="/exception"/>
    ValueTask CommitFinishedAsync(CancellationToken cancellationToken = default);

    /// <summary>The first offset of a partition that is not finished.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="OffsetUnavailableException">
    /// Nothing is committed, and the consumer's start is <see cref="StartAt.Error"/>.
    /// </exception>
    ValueTask<NextOffset> GetPositionAsync(TopicPartition partition, CancellationToken cancellationToken = default);

    /// <summary>The group's commit in a partition; null if there is none, and without a group.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    ValueTask<CommittedOffset?> GetCommittedAsync(
        TopicPartition partition, CancellationToken cancellationToken = default);

    /// <summary>
    /// How far the consumer is behind in each partition at present, but for those of deleted topics and those that the
    /// opening of the log found damaged.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    ValueTask<ConsumerLag> GetLagAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Waits until all records are finished that its partitions hold at the time of the call: until the lag is zero, if
    /// nothing is appended meanwhile. It reads nothing itself: a read must be under way, or come.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="CorruptLogException">A partition is damaged, so that its lag is not known.</exception>
    /// <exception cref="OperationCanceledException">The waiting was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The consumer was disposed, before or meanwhile.</exception>
    ValueTask WaitUntilCaughtUpAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Continues at a record: it is the next one from its partition. All records below it count as finished.
    /// </summary>
    /// <param name="at">The record's position; the offset is from zero.</param>
    /// <exception cref="ArgumentOutOfRangeException">The offset is negative.</exception>
    void Seek(TopicPartitionOffset at);

    /// <summary>Continues at the beginning, the end, or a time. All records passed count as finished.</summary>
    /// <param name="to">Where to continue.</param>
    /// <param name="only">One partition; null for all.</param>
    /// <param name="cancellationToken">Ends the search; then nothing has changed.</param>
    ValueTask SeekAsync(SeekTarget to, TopicPartition? only = null, CancellationToken cancellationToken = default);

    /// <summary>Continues after the record or damage at which a read failed, which counts as finished.</summary>
    /// <param name="failure">The exception from a read of this consumer.</param>
    /// <exception cref="ArgumentException">It names nothing to skip.</exception>
    /// <exception cref="InvalidOperationException">The position has moved since. Nothing has changed.</exception>
    void Skip(EmbeddedLogException failure);

    /// <summary>Returns no records of a partition until it is resumed. The position stays.</summary>
    /// <param name="partition">The partition.</param>
    void Pause(TopicPartition partition);

    /// <summary>Continues with a paused partition.</summary>
    /// <param name="partition">The partition.</param>
    void Resume(TopicPartition partition);
}

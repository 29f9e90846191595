namespace EmbeddedLog;

/// <summary>
/// Reads topics, and commits for its group how far it is: what code needs that is to run unchanged on this log, on
/// Apache Kafka and in tests. <see cref="Consumer{TKey, TValue}"/> says what each member does in detail.
/// </summary>
/// <typeparam name="TKey">The key's type.</typeparam>
/// <typeparam name="TValue">The value's type.</typeparam>
/// <remarks>
/// <para>
/// What is not finished is handed out again. A record is finished when the next one is asked for in the same read; when
/// <see cref="Finish"/> or a commit at or beyond it succeeds; or when a seek or <see cref="Skip"/> passes it. Leaving a
/// read, by <c>break</c> or by an exception, finishes nothing.
/// </para>
/// <para>
/// Thread safety: one read at a time; all other members may be called from any thread, also while a read is under way.
/// Partitions are those of <see cref="Assignment"/>: another one is an <see cref="ArgumentException"/>.
/// </para>
/// </remarks>
public interface IConsumer<TKey, TValue> : IAsyncDisposable, IDisposable
{
    /// <summary>The group that it commits for, or null for none: then commits throw.</summary>
    string? Group { get; }

    /// <summary>The partitions that it reads, as of now.</summary>
    IReadOnlyList<TopicPartition> Assignment { get; }

    /// <summary>Reads without end: what is there, and what is appended later, for which it waits.</summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The records; each enumeration is a read of its own.</returns>
    /// <exception cref="RecordDeserializationException">
    /// A record cannot be read as these types. The position stays at it; see <see cref="Skip"/>.
    /// </exception>
    /// <exception cref="EmbeddedLogException">A partition cannot be read, see the type thrown.</exception>
    /// <exception cref="InvalidOperationException">Another read is under way.</exception>
    /// <exception cref="OperationCanceledException">The reading was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The consumer was disposed, before or meanwhile.</exception>
    IAsyncEnumerable<Record<TKey, TValue>> ReadAllAsync(CancellationToken cancellationToken = default);

    /// <summary>Reads up to the end of each partition as of this call.</summary>
    /// <inheritdoc cref="ReadAllAsync" path="/*[not(self::summary)]"/>
    IAsyncEnumerable<Record<TKey, TValue>> ReadToEndAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Reads without end, in batches of as many records as there are at once, at least one, all of one partition.
    /// </summary>
    /// <param name="maxRecords">The most records in a batch, from 1.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The batches; each enumeration is a read of its own.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxRecords"/> is less than one.</exception>
    /// <inheritdoc cref="ReadAllAsync" path="/exception"/>
    IAsyncEnumerable<IReadOnlyList<Record<TKey, TValue>>> ReadBatchesAsync(
        int maxRecords, CancellationToken cancellationToken = default);

    /// <summary>
    /// Says that a record that was handed out is finished, and all before it in its partition: it is not handed out
    /// again.
    /// </summary>
    /// <param name="record">A record that this consumer has handed out.</param>
    void Finish(Record<TKey, TValue> record);

    /// <summary>
    /// Commits that a record, and all before it in its partition, are finished: the group's next consumer begins behind
    /// it.
    /// </summary>
    /// <param name="finished">The record.</param>
    /// <param name="cancellationToken">Before the commit: nothing is committed. After it: ends the waiting.</param>
    /// <exception cref="InvalidOperationException">The consumer has no group.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The partition has no such record.</exception>
    /// <exception cref="EmbeddedLogException">It could not be committed, see the type thrown.</exception>
    /// <exception cref="OperationCanceledException">The commit, or the waiting for it, was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The consumer was disposed.</exception>
    ValueTask CommitAsync(Record<TKey, TValue> finished, CancellationToken cancellationToken = default);

    /// <summary>
    /// Commits where the group's next consumer begins. This one reads on where it is, but what it has handed out below
    /// is finished.
    /// </summary>
    /// <param name="next">A partition, and the offset of the next record to read, from zero to its end.</param>
    /// <param name="metadata">
    /// Text to store with it, or null; as Kafka's <c>OffsetAndMetadata</c>, up to 4,096 bytes.
    /// </param>
    /// <param name="cancellationToken">Before the commit: nothing is committed. After it: ends the waiting.</param>
    /// <inheritdoc cref="CommitAsync(Record{TKey, TValue}, CancellationToken)" path="/exception"/>
    ValueTask CommitAsync(NextOffset next, string? metadata = null, CancellationToken cancellationToken = default);

    /// <summary>Commits all that is finished: each partition's position, where it is not committed.</summary>
    /// <param name="cancellationToken">Before the commit: nothing is committed. After it: ends the waiting.</param>
    /// <inheritdoc cref="CommitAsync(Record{TKey, TValue}, CancellationToken)" path="/exception"/>
    ValueTask CommitFinishedAsync(CancellationToken cancellationToken = default);

    /// <summary>The first offset of a partition that is not finished.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="OffsetUnavailableException">
    /// Nothing is committed, and the consumer's start is <see cref="StartAt.Error"/>.
    /// </exception>
    ValueTask<NextOffset> GetPositionAsync(TopicPartition partition, CancellationToken cancellationToken = default);

    /// <summary>What the group has committed in a partition; null for nothing, and without a group.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    ValueTask<CommittedOffset?> GetCommittedAsync(
        TopicPartition partition, CancellationToken cancellationToken = default);

    /// <summary>How far the consumer is behind in each partition, as of now.</summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    ValueTask<IReadOnlyList<PartitionLag>> GetLagAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Goes on at a record: it is the next one handed out of its partition. What lies below counts as finished.
    /// </summary>
    /// <param name="at">The record's position; the offset is from zero.</param>
    /// <exception cref="ArgumentOutOfRangeException">The offset is negative.</exception>
    void Seek(TopicPartitionOffset at);

    /// <summary>Goes on at the beginning, the end, or a time. What that passes counts as finished.</summary>
    /// <param name="to">Where to go on.</param>
    /// <param name="only">One partition; null for all.</param>
    /// <param name="cancellationToken">Ends the search; then nothing was changed.</param>
    ValueTask SeekAsync(SeekTarget to, TopicPartition? only = null, CancellationToken cancellationToken = default);

    /// <summary>Goes on behind what a read has failed at, which counts as finished.</summary>
    /// <param name="failure">What a read of this consumer threw.</param>
    /// <exception cref="ArgumentException">It names no place that could be skipped.</exception>
    /// <exception cref="InvalidOperationException">The position has moved since. Nothing was changed.</exception>
    void Skip(EmbeddedLogException failure);

    /// <summary>Hands out nothing of a partition until it is resumed. The position stays.</summary>
    /// <param name="partition">The partition.</param>
    void Pause(TopicPartition partition);

    /// <summary>Goes on with a partition that was paused.</summary>
    /// <param name="partition">The partition.</param>
    void Resume(TopicPartition partition);
}

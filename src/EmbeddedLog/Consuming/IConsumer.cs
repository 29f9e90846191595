namespace EmbeddedLog;

/// <summary>
/// Reads topics and commits its group's position. Code that uses this interface can run unchanged on this log, on
/// Apache Kafka and in tests. <see cref="Consumer{TKey, TValue}"/> says what each member does in detail.
/// </summary>
/// <typeparam name="TKey">The key's type.</typeparam>
/// <typeparam name="TValue">The value's type.</typeparam>
/// <remarks>
/// <para>
/// A record that is not finished comes again. A record is finished when the same read continues with the next one; when
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
    /// <summary>The group whose position it commits, or null for none: then commits throw.</summary>
    string? Group { get; }

    /// <summary>The partitions that it reads at present.</summary>
    IReadOnlyList<TopicPartition> Assignment { get; }

    /// <summary>Reads without end: the present records, and later ones as they are appended.</summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The records; each enumeration is a separate read.</returns>
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
    /// Reads without end, in batches of the records available at once: at least one, all of one partition.
    /// </summary>
    /// <param name="maxRecords">The most records in a batch, from 1.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The batches; each enumeration is a separate read.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxRecords"/> is less than one.</exception>
    /// <inheritdoc cref="ReadAllAsync" path="/exception"/>
    IAsyncEnumerable<IReadOnlyList<Record<TKey, TValue>>> ReadBatchesAsync(
        int maxRecords, CancellationToken cancellationToken = default);

    /// <summary>Finishes a record, and all before it in its partition: they do not come again.</summary>
    /// <param name="record">A record that this consumer has returned.</param>
    void Finish(Record<TKey, TValue> record);

    /// <summary>
    /// Commits a record, and all before it in its partition, as finished: the group's next consumer begins after it.
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
    /// Commits the place at which the group's next consumer begins. This consumer reads on from its own position, but
    /// all records that it has returned below the place are finished.
    /// </summary>
    /// <param name="next">A partition, and the offset of the next record to read, from zero to its end.</param>
    /// <param name="metadata">
    /// Text to store with it, or null; as Kafka's <c>OffsetAndMetadata</c>, up to 4,096 bytes.
    /// </param>
    /// <param name="cancellationToken">Before the commit: nothing is committed. After it: ends the waiting.</param>
    /// <inheritdoc cref="CommitAsync(Record{TKey, TValue}, CancellationToken)" path="/exception"/>
    ValueTask CommitAsync(NextOffset next, string? metadata = null, CancellationToken cancellationToken = default);

    /// <summary>Commits everything finished: each partition's position that is not committed yet.</summary>
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

    /// <summary>The group's commit in a partition; null if there is none, and without a group.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    ValueTask<CommittedOffset?> GetCommittedAsync(
        TopicPartition partition, CancellationToken cancellationToken = default);

    /// <summary>How far the consumer is behind in each partition at present.</summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    ValueTask<IReadOnlyList<PartitionLag>> GetLagAsync(CancellationToken cancellationToken = default);

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

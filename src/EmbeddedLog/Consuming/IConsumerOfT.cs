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
/// <see cref="Finish"/> or a commit at or beyond it succeeds; or when a seek or <see cref="IConsumer.Skip"/> passes it.
/// Leaving a read, by <c>break</c> or by an exception, finishes nothing.
/// </para>
/// <para>
/// Thread safety: one read at a time; all other members may be called from any thread, also while a read is under way.
/// Partitions are those of <see cref="IConsumer.Assignment"/>: another one is an <see cref="ArgumentException"/>.
/// </para>
/// </remarks>
public interface IConsumer<TKey, TValue> : IConsumer
{
    /// <summary>Reads without end: the present records, and later ones as they are appended.</summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The records; each enumeration is a separate read.</returns>
    /// <exception cref="RecordDeserializationException">
    /// A record cannot be read as these types. The position stays at it; see <see cref="IConsumer.Skip"/>.
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

    /// <summary>
    /// Reads without end, in batches whose records and bytes are bounded, and which may wait some time to get full.
    /// </summary>
    /// <param name="options">How large a batch gets, and how long it waits for that.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The batches, each of one partition; each enumeration is a separate read.</returns>
    /// <exception cref="ArgumentException">The options are not valid.</exception>
    /// <inheritdoc cref="ReadAllAsync" path="/exception"/>
    IAsyncEnumerable<IReadOnlyList<Record<TKey, TValue>>> ReadBatchesAsync(
        BatchOptions options, CancellationToken cancellationToken = default);

    /// <summary>
    /// Reads without end, and calls a handler for each record: several at once, those of one partition or key in order.
    /// A record is finished when its handler has ended and all records before it in its partition are finished.
    /// </summary>
    /// <param name="handler">
    /// Handles a record. Its token is cancelled when the consumer loses the partition, and when the handler takes
    /// longer than <see cref="ForEachOptions.DrainTimeout"/> after the end.
    /// </param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="cancellationToken">
    /// Ends it: no handler begins, those that run are waited for, and what is finished is committed.
    /// </param>
    /// <exception cref="ArgumentException">The options are not valid.</exception>
    /// <inheritdoc cref="ReadAllAsync" path="/exception"/>
    Task ForEachAsync(
        Func<Record<TKey, TValue>, CancellationToken, ValueTask> handler,
        ForEachOptions? options = null,
        CancellationToken cancellationToken = default);

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
    /// <exception cref="PartitionLostException">The consumer had the partition, and has it no more.</exception>
    /// <exception cref="EmbeddedLogException">It could not be committed, see the type thrown.</exception>
    /// <exception cref="OperationCanceledException">The commit, or the waiting for it, was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The consumer was disposed.</exception>
    ValueTask CommitAsync(Record<TKey, TValue> finished, CancellationToken cancellationToken = default);
}

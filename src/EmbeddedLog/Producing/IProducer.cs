namespace EmbeddedLog;

/// <summary>
/// Sends records to a topic, on this log, over a network or in a test: code written against it can move.
/// <see cref="Producer{TKey, TValue}"/> says what each member does in detail, and can do more.
/// </summary>
/// <typeparam name="TKey">The key's type.</typeparam>
/// <typeparam name="TValue">The value's type.</typeparam>
/// <remarks>Implementations are safe to use from many threads at once.</remarks>
public interface IProducer<TKey, TValue> : IAsyncDisposable, IDisposable
{
    /// <summary>The topic's name.</summary>
    string Topic { get; }

    /// <summary>Sends a record, and completes when it is acknowledged.</summary>
    /// <param name="record">The record.</param>
    /// <param name="cancellationToken">
    /// Before the record is appended, nothing is; afterwards only the waiting ends, and the record stays.
    /// </param>
    /// <returns>Where the record stands.</returns>
    ValueTask<RecordMetadata> ProduceAsync(
        ProducerRecord<TKey, TValue> record, CancellationToken cancellationToken = default);

    /// <summary>
    /// Sends records in their order, and completes when all of them are acknowledged. On a <see cref="CommitLog"/>
    /// those of one partition are appended together or not at all; elsewhere some may be sent where others fail.
    /// </summary>
    /// <param name="records">The records; read during the call.</param>
    /// <param name="cancellationToken">
    /// Before the records are appended, nothing is; afterwards only the waiting ends, and they stay.
    /// </param>
    /// <returns>Where the records stand, in the order in which they were given.</returns>
    ValueTask<IReadOnlyList<RecordMetadata>> ProduceBatchAsync(
        IReadOnlyList<ProducerRecord<TKey, TValue>> records, CancellationToken cancellationToken = default);

    /// <summary>
    /// Takes a record without waiting for anything. <see cref="FlushAsync"/> waits for it, and tells if it was lost.
    /// </summary>
    /// <param name="record">The record.</param>
    /// <returns>
    /// False if there is no room now: await <see cref="WaitToProduceAsync"/> and try again. The record was not taken.
    /// </returns>
    /// <exception cref="ObjectDisposedException">The producer or the log was disposed.</exception>
    bool TryProduce(in ProducerRecord<TKey, TValue> record);

    /// <summary>
    /// Completes when there is room again for what <see cref="TryProduce"/> has refused. Another thread may be faster,
    /// so try in a loop.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>True if it is worth while to try again; false once the producer was disposed.</returns>
    ValueTask<bool> WaitToProduceAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Sends a tombstone, which says that the key's records are deleted; as Kafka's record with a null value.
    /// </summary>
    /// <param name="key">The key; not null, for then it would delete nothing.</param>
    /// <param name="cancellationToken">
    /// Before the tombstone is appended, nothing is; afterwards only the waiting ends, and it stays.
    /// </param>
    /// <returns>Where the tombstone stands.</returns>
    ValueTask<RecordMetadata> DeleteAsync(TKey key, CancellationToken cancellationToken = default);

    /// <summary>
    /// Waits until all records that were sent before the call are as safe as they get; as Kafka's <c>flush()</c>.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting only.</param>
    ValueTask FlushAsync(CancellationToken cancellationToken = default);
}

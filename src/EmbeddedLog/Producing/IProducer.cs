namespace EmbeddedLog;

/// <summary>
/// Sends records to a topic: what a client of Apache Kafka can honour too, so that code written against it can move.
/// <see cref="Producer{TKey, TValue}"/> can do more.
/// </summary>
/// <typeparam name="TKey">The key's type.</typeparam>
/// <typeparam name="TValue">The value's type.</typeparam>
/// <remarks>Implementations are safe to use from many threads at once.</remarks>
public interface IProducer<TKey, TValue> : IAsyncDisposable, IDisposable
{
    /// <summary>Sends a record, and completes when it is acknowledged.</summary>
    /// <param name="record">The record.</param>
    /// <param name="cancellationToken">
    /// Before the record is appended, nothing is; afterwards only the waiting ends, and the record stays.
    /// </param>
    /// <returns>Where the record stands.</returns>
    ValueTask<RecordMetadata> ProduceAsync(
        ProducerRecord<TKey, TValue> record, CancellationToken cancellationToken = default);

    /// <summary>
    /// Waits until all records that were sent before the call are as safe as they get; as Kafka's <c>flush()</c>.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting only.</param>
    ValueTask FlushAsync(CancellationToken cancellationToken = default);
}

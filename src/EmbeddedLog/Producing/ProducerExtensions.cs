namespace EmbeddedLog;

/// <summary>Short forms of calls to any <see cref="IProducer{TKey, TValue}"/>.</summary>
public static class ProducerExtensions
{
    /// <summary>Sends a key and a value.</summary>
    /// <typeparam name="TKey">The key's type.</typeparam>
    /// <typeparam name="TValue">The value's type.</typeparam>
    /// <param name="producer">The producer.</param>
    /// <param name="key">The key; null sends a record without one.</param>
    /// <param name="value">The value; null sends a tombstone.</param>
    /// <param name="cancellationToken">
    /// As in <see cref="IProducer{TKey, TValue}.ProduceAsync(ProducerRecord{TKey, TValue}, CancellationToken)"/>.
    /// </param>
    /// <returns>The record's position.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="producer"/> is null.</exception>
    public static ValueTask<RecordMetadata> ProduceAsync<TKey, TValue>(
        this IProducer<TKey, TValue> producer, TKey key, TValue value, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(producer);
        return producer.ProduceAsync(new ProducerRecord<TKey, TValue>(key, value), cancellationToken);
    }
}

using EmbeddedLog.Hosting.Opening;

namespace EmbeddedLog.Hosting.Injection;

/// <summary>A producer of a log that its first asynchronous call opens.</summary>
/// <param name="holder">Opens the log.</param>
/// <param name="topic">The topic.</param>
/// <param name="create">Makes the producer.</param>
internal sealed class DeferredProducer<TKey, TValue>(
    LogHolder holder, string topic, Func<CommitLog, Producer<TKey, TValue>> create) : IProducer<TKey, TValue>
{
    private readonly Lock _gate = new();

    /// <summary>Written once, under the gate; read by every call.</summary>
    private Producer<TKey, TValue>? _producer;

    /// <summary>Under the gate.</summary>
    private bool _isDisposed;

    public string Topic => topic;

    public ValueTask<RecordMetadata> ProduceAsync(
        ProducerRecord<TKey, TValue> record, CancellationToken cancellationToken = default) =>
        Volatile.Read(ref _producer) is { } producer
            ? producer.ProduceAsync(record, cancellationToken)
            : OpenAndProduceAsync(record, cancellationToken);

    public async ValueTask<IReadOnlyList<RecordMetadata>> ProduceBatchAsync(
        IReadOnlyList<ProducerRecord<TKey, TValue>> records, CancellationToken cancellationToken = default)
    {
        Producer<TKey, TValue> producer = await GetAsync(cancellationToken).ConfigureAwait(false);
        return await producer.ProduceBatchAsync(records, cancellationToken).ConfigureAwait(false);
    }

    public bool TryProduce(in ProducerRecord<TKey, TValue> record) => Get().TryProduce(record);

    public async ValueTask<bool> WaitToProduceAsync(CancellationToken cancellationToken = default)
    {
        Producer<TKey, TValue> producer = await GetAsync(cancellationToken).ConfigureAwait(false);
        return await producer.WaitToProduceAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<RecordMetadata> DeleteAsync(TKey key, CancellationToken cancellationToken = default)
    {
        Producer<TKey, TValue> producer = await GetAsync(cancellationToken).ConfigureAwait(false);
        return await producer.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask FlushAsync(CancellationToken cancellationToken = default)
    {
        Producer<TKey, TValue> producer = await GetAsync(cancellationToken).ConfigureAwait(false);
        await producer.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => End()?.DisposeAsync() ?? ValueTask.CompletedTask;

    public void Dispose() => End()?.Dispose();

    private async ValueTask<RecordMetadata> OpenAndProduceAsync(
        ProducerRecord<TKey, TValue> record, CancellationToken cancellationToken)
    {
        Producer<TKey, TValue> producer = await GetAsync(cancellationToken).ConfigureAwait(false);
        return await producer.ProduceAsync(record, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<Producer<TKey, TValue>> GetAsync(CancellationToken cancellationToken)
    {
        await holder.OpenAsync(cancellationToken).ConfigureAwait(false);
        return Get();
    }

    private Producer<TKey, TValue> Get()
    {
        if (Volatile.Read(ref _producer) is { } made)
        {
            return made;
        }

        CommitLog log = holder.Opened;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, typeof(IProducer<TKey, TValue>));
            if (_producer is null)
            {
                Volatile.Write(ref _producer, create(log));
            }

            return _producer;
        }
    }

    private Producer<TKey, TValue>? End()
    {
        lock (_gate)
        {
            _isDisposed = true;
            return _producer;
        }
    }
}

namespace EmbeddedLog.Testing;

/// <summary>
/// A producer without a log, for unit tests: it keeps what is sent, and acknowledges it at once or fails as planned.
/// </summary>
/// <typeparam name="TKey">The keys' type.</typeparam>
/// <typeparam name="TValue">The values' type.</typeparam>
/// <param name="topic">The topic's name.</param>
/// <param name="time">The clock that records are dated by; null for the system's.</param>
/// <remarks>
/// All records go to the partition that they name, or to partition 0. Keys and values are kept as they are: nothing is
/// serialized. Safe from any thread.
/// </remarks>
public sealed class FakeProducer<TKey, TValue>(string topic = "topic", TimeProvider? time = null)
    : IProducer<TKey, TValue>
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Lock _gate = new();

    /// <summary>Under the gate, as all below.</summary>
    private readonly List<ProducerRecord<TKey, TValue>> _sent = [];

    private readonly Dictionary<int, long> _ends = [];
    private readonly Queue<Exception> _failures = new();
    private bool _isDisposed;

    /// <inheritdoc/>
    public string Topic { get; } = topic ?? throw new ArgumentNullException(nameof(topic));

    /// <summary>What was sent, in its order; without what has failed.</summary>
    public IReadOnlyList<ProducerRecord<TKey, TValue>> Sent
    {
        get
        {
            lock (_gate)
            {
                return [.. _sent];
            }
        }
    }

    /// <summary>How often <see cref="FlushAsync"/> was called.</summary>
    public int Flushes { get; private set; }

    /// <summary>
    /// One more send fails: the next one that is not planned to fail yet. <see cref="TryProduce"/> returns false for
    /// it.
    /// </summary>
    /// <param name="failure">What it throws.</param>
    public void FailNext(Exception failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        lock (_gate)
        {
            _failures.Enqueue(failure);
        }
    }

    /// <inheritdoc/>
    public ValueTask<RecordMetadata> ProduceAsync(
        ProducerRecord<TKey, TValue> record, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<RecordMetadata>(cancellationToken);
        }

        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _failures.TryDequeue(out Exception? failure)
                ? ValueTask.FromException<RecordMetadata>(failure)
                : new ValueTask<RecordMetadata>(Add(record));
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<RecordMetadata>> ProduceBatchAsync(
        IReadOnlyList<ProducerRecord<TKey, TValue>> records, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(records);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<IReadOnlyList<RecordMetadata>>(cancellationToken);
        }

        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _failures.TryDequeue(out Exception? failure)
                ? ValueTask.FromException<IReadOnlyList<RecordMetadata>>(failure)
                : new ValueTask<IReadOnlyList<RecordMetadata>>([.. records.Select(record => Add(record))]);
        }
    }

    /// <inheritdoc/>
    public bool TryProduce(in ProducerRecord<TKey, TValue> record)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_failures.TryDequeue(out _))
            {
                return false;
            }

            Add(record);
            return true;
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> WaitToProduceAsync(CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<bool>(cancellationToken)
            : new ValueTask<bool>(!_isDisposed);

    /// <inheritdoc/>
    public ValueTask<RecordMetadata> DeleteAsync(TKey key, CancellationToken cancellationToken = default) =>
        ProduceAsync(ProducerRecord.Tombstone<TKey, TValue>(key), cancellationToken);

    /// <inheritdoc/>
    public ValueTask FlushAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            Flushes++;
        }

        return default;
    }

    /// <summary>Refuses all sends from now on.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
        }
    }

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return default;
    }

    private RecordMetadata Add(in ProducerRecord<TKey, TValue> record)
    {
        int partition = record.Partition ?? 0;
        long offset = _ends.GetValueOrDefault(partition);
        _ends[partition] = offset + 1;
        _sent.Add(record);
        return new RecordMetadata(Topic, partition, offset, record.Timestamp ?? _time.GetUtcNow());
    }
}

using System.Runtime.CompilerServices;
using EmbeddedLog.Hosting.Opening;

namespace EmbeddedLog.Hosting.Injection;

/// <summary>A consumer of a log that its first asynchronous call opens.</summary>
/// <param name="holder">Opens the log.</param>
/// <param name="group">The group; null without one.</param>
/// <param name="create">Makes the consumer.</param>
internal sealed class DeferredConsumer<TKey, TValue>(
    LogHolder holder, string? group, Func<CommitLog, Consumer<TKey, TValue>> create) : IConsumer<TKey, TValue>
{
    private readonly Lock _gate = new();

    /// <summary>Written once, under the gate; read by every call.</summary>
    private Consumer<TKey, TValue>? _consumer;

    /// <summary>Under the gate.</summary>
    private bool _isDisposed;

    public string? Group => group;

    public IReadOnlyList<TopicPartition> Assignment => Get().Assignment;

    public async IAsyncEnumerable<Record<TKey, TValue>> ReadAllAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Consumer<TKey, TValue> consumer = await GetAsync(cancellationToken).ConfigureAwait(false);
        await foreach (Record<TKey, TValue> record in consumer.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return record;
        }
    }

    public async IAsyncEnumerable<Record<TKey, TValue>> ReadToEndAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Consumer<TKey, TValue> consumer = await GetAsync(cancellationToken).ConfigureAwait(false);
        await foreach (Record<TKey, TValue> record in consumer.ReadToEndAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return record;
        }
    }

    public IAsyncEnumerable<IReadOnlyList<Record<TKey, TValue>>> ReadBatchesAsync(
        int maxRecords, CancellationToken cancellationToken = default) =>
        ReadBatchesAsync(new BatchOptions { MaxRecords = maxRecords }, cancellationToken);

    public async IAsyncEnumerable<IReadOnlyList<Record<TKey, TValue>>> ReadBatchesAsync(
        BatchOptions options, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Consumer<TKey, TValue> consumer = await GetAsync(cancellationToken).ConfigureAwait(false);
        await foreach (IReadOnlyList<Record<TKey, TValue>> batch in
            consumer.ReadBatchesAsync(options, cancellationToken).ConfigureAwait(false))
        {
            yield return batch;
        }
    }

    public async Task ForEachAsync(
        Func<Record<TKey, TValue>, CancellationToken, ValueTask> handler,
        ForEachOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        Consumer<TKey, TValue> consumer = await GetAsync(cancellationToken).ConfigureAwait(false);
        await consumer.ForEachAsync(handler, options, cancellationToken).ConfigureAwait(false);
    }

    public void Finish(Record<TKey, TValue> record) => Get().Finish(record);

    public ValueTask CommitAsync(Record<TKey, TValue> finished, CancellationToken cancellationToken = default) =>
        CallAsync(consumer => consumer.CommitAsync(finished, cancellationToken), cancellationToken);

    public ValueTask CommitAsync(
        NextOffset next, string? metadata = null, CancellationToken cancellationToken = default) =>
        CallAsync(consumer => consumer.CommitAsync(next, metadata, cancellationToken), cancellationToken);

    public ValueTask CommitFinishedAsync(CancellationToken cancellationToken = default) =>
        CallAsync(consumer => consumer.CommitFinishedAsync(cancellationToken), cancellationToken);

    public async ValueTask<NextOffset> GetPositionAsync(
        TopicPartition partition, CancellationToken cancellationToken = default)
    {
        Consumer<TKey, TValue> consumer = await GetAsync(cancellationToken).ConfigureAwait(false);
        return await consumer.GetPositionAsync(partition, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<CommittedOffset?> GetCommittedAsync(
        TopicPartition partition, CancellationToken cancellationToken = default)
    {
        Consumer<TKey, TValue> consumer = await GetAsync(cancellationToken).ConfigureAwait(false);
        return await consumer.GetCommittedAsync(partition, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<ConsumerLag> GetLagAsync(CancellationToken cancellationToken = default)
    {
        Consumer<TKey, TValue> consumer = await GetAsync(cancellationToken).ConfigureAwait(false);
        return await consumer.GetLagAsync(cancellationToken).ConfigureAwait(false);
    }

    public ValueTask WaitUntilCaughtUpAsync(CancellationToken cancellationToken = default) =>
        CallAsync(consumer => consumer.WaitUntilCaughtUpAsync(cancellationToken), cancellationToken);

    public void Seek(TopicPartitionOffset at) => Get().Seek(at);

    public ValueTask SeekAsync(
        SeekTarget to, TopicPartition? only = null, CancellationToken cancellationToken = default) =>
        CallAsync(consumer => consumer.SeekAsync(to, only, cancellationToken), cancellationToken);

    public void Skip(EmbeddedLogException failure) => Get().Skip(failure);

    public void Pause(TopicPartition partition) => Get().Pause(partition);

    public void Resume(TopicPartition partition) => Get().Resume(partition);

    public ValueTask DisposeAsync() => End()?.DisposeAsync() ?? ValueTask.CompletedTask;

    public void Dispose() => End()?.Dispose();

    private async ValueTask CallAsync(
        Func<Consumer<TKey, TValue>, ValueTask> call, CancellationToken cancellationToken) =>
        await call(await GetAsync(cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);

    private async ValueTask<Consumer<TKey, TValue>> GetAsync(CancellationToken cancellationToken)
    {
        await holder.OpenAsync(cancellationToken).ConfigureAwait(false);
        return Get();
    }

    private Consumer<TKey, TValue> Get()
    {
        if (Volatile.Read(ref _consumer) is { } made)
        {
            return made;
        }

        CommitLog log = holder.Opened;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, typeof(IConsumer<TKey, TValue>));
            if (_consumer is null)
            {
                Volatile.Write(ref _consumer, create(log));
            }

            return _consumer;
        }
    }

    private Consumer<TKey, TValue>? End()
    {
        lock (_gate)
        {
            _isDisposed = true;
            return _consumer;
        }
    }
}

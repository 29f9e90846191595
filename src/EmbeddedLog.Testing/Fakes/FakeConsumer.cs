using System.Runtime.CompilerServices;

namespace EmbeddedLog.Testing;

/// <summary>
/// A consumer without a log, for unit tests: it hands out what a test gives it, and keeps what is finished and
/// committed.
/// </summary>
/// <typeparam name="TKey">The keys' type.</typeparam>
/// <typeparam name="TValue">The values' type.</typeparam>
/// <param name="group">The group; null for none, then commits throw.</param>
/// <param name="topic">The topic of <see cref="Add(TKey, TValue)"/>.</param>
/// <remarks>
/// It hands each record out once, in the order in which they were added: seeks and pauses are only kept. Handlers of
/// <see cref="ForEachAsync"/> are called one at a time, and what one throws ends the call. Safe from any thread; one
/// read at a time.
/// </remarks>
public sealed class FakeConsumer<TKey, TValue>(string? group = "group", string topic = "topic")
    : IConsumer<TKey, TValue>
{
    // Over 400 lines, most of which are the members of an interface.
    private readonly Lock _gate = new();

    /// <summary>
    /// What is still to be handed out: a record, or what a read throws. Under the gate, as all below.
    /// </summary>
    private readonly Queue<(Record<TKey, TValue> Record, Exception? Failure)> _waiting = new();

    private readonly Dictionary<TopicPartition, long> _ends = [];
    private readonly Dictionary<TopicPartition, long> _next = [];
    private readonly Dictionary<TopicPartition, CommittedOffset> _committed = [];
    private readonly List<Record<TKey, TValue>> _finished = [];
    private readonly HashSet<TopicPartition> _paused = [];
    private TaskCompletionSource _added = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isComplete;
    private bool _isDisposed;

    /// <inheritdoc/>
    public string? Group { get; } = group;

    /// <summary>The partitions of the records that were added.</summary>
    public IReadOnlyList<TopicPartition> Assignment
    {
        get
        {
            lock (_gate)
            {
                return [.. _ends.Keys];
            }
        }
    }

    /// <summary>The records that are finished, in the order in which they became so.</summary>
    public IReadOnlyList<Record<TKey, TValue>> Finished
    {
        get
        {
            lock (_gate)
            {
                return [.. _finished];
            }
        }
    }

    /// <summary>What was committed last in each partition: the next offset to read.</summary>
    public IReadOnlyDictionary<TopicPartition, long> Committed
    {
        get
        {
            lock (_gate)
            {
                return _committed.ToDictionary(each => each.Key, each => each.Value.Next.Offset);
            }
        }
    }

    /// <summary>The partitions that are paused.</summary>
    public IReadOnlyCollection<TopicPartition> Paused
    {
        get
        {
            lock (_gate)
            {
                return [.. _paused];
            }
        }
    }

    /// <summary>Gives a record to partition 0 of the topic, with the next offset.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <returns>The record.</returns>
    public Record<TKey, TValue> Add(TKey key, TValue value)
    {
        lock (_gate)
        {
            Record<TKey, TValue> record = new(
                topic,
                0,
                _ends.GetValueOrDefault(new TopicPartition(topic, 0)),
                TimeProvider.System.GetUtcNow(),
                key,
                value);
            Add(record);
            return record;
        }
    }

    /// <summary>Gives a record.</summary>
    /// <param name="record">The record.</param>
    public void Add(Record<TKey, TValue> record)
    {
        lock (_gate)
        {
            _ends[record.TopicPartition] = record.Offset + 1;
            _next.TryAdd(record.TopicPartition, record.Offset);
            _waiting.Enqueue((record, null));
        }

        Wake();
    }

    /// <summary>The read throws once, behind the records that were added before.</summary>
    /// <param name="failure">What it throws.</param>
    public void FailNext(Exception failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        lock (_gate)
        {
            _waiting.Enqueue((default, failure));
        }

        Wake();
    }

    /// <summary>Reads without end come to an end, behind the records that were added.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _isComplete = true;
        }

        Wake();
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<Record<TKey, TValue>> ReadAllAsync(CancellationToken cancellationToken = default) =>
        ReadAsync(waits: true, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<Record<TKey, TValue>> ReadToEndAsync(CancellationToken cancellationToken = default) =>
        ReadAsync(waits: false, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<IReadOnlyList<Record<TKey, TValue>>> ReadBatchesAsync(
        int maxRecords, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRecords, 1);
        return ReadBatchesCoreAsync(maxRecords, cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<IReadOnlyList<Record<TKey, TValue>>> ReadBatchesAsync(
        BatchOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return ReadBatchesAsync(options.MaxRecords, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task ForEachAsync(
        Func<Record<TKey, TValue>, CancellationToken, ValueTask> handler,
        ForEachOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handler);
        await foreach (Record<TKey, TValue> record in ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            await handler(record, cancellationToken).ConfigureAwait(false);
            if (Group is not null)
            {
                await CommitAsync(record, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public void Finish(Record<TKey, TValue> record) => FinishTo(record.TopicPartition, record.Offset + 1, record);

    /// <inheritdoc/>
    public ValueTask CommitAsync(Record<TKey, TValue> finished, CancellationToken cancellationToken = default)
    {
        ValueTask committed = CommitAsync(
            NextOffset.After(finished.TopicPartitionOffset), cancellationToken: cancellationToken);
        Finish(finished);
        return committed;
    }

    /// <inheritdoc/>
    public ValueTask CommitAsync(
        NextOffset next, string? metadata = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (Group is null)
            {
                throw new InvalidOperationException("The consumer has no group: give it one to commit.");
            }

            _committed[next.Partition] = new CommittedOffset(next, metadata, TimeProvider.System.GetUtcNow());
        }

        return default;
    }

    /// <inheritdoc/>
    public async ValueTask CommitFinishedAsync(CancellationToken cancellationToken = default)
    {
        NextOffset[] finished;
        lock (_gate)
        {
            finished = [.. _next.Select(each => new NextOffset(each.Key, each.Value))];
        }

        foreach (NextOffset next in finished)
        {
            await CommitAsync(next, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public ValueTask<NextOffset> GetPositionAsync(
        TopicPartition partition, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return new ValueTask<NextOffset>(new NextOffset(partition, _next.GetValueOrDefault(partition)));
        }
    }

    /// <inheritdoc/>
    public ValueTask<CommittedOffset?> GetCommittedAsync(
        TopicPartition partition, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return new ValueTask<CommittedOffset?>(
                _committed.TryGetValue(partition, out CommittedOffset committed) ? committed : null);
        }
    }

    /// <inheritdoc/>
    public ValueTask<ConsumerLag> GetLagAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return new ValueTask<ConsumerLag>(new ConsumerLag(
                [.. _ends.Select(end => new PartitionLag(end.Key, _next.GetValueOrDefault(end.Key), end.Value))]));
        }
    }

    /// <inheritdoc/>
    public async ValueTask WaitUntilCaughtUpAsync(CancellationToken cancellationToken = default)
    {
        while (!(await GetLagAsync(cancellationToken).ConfigureAwait(false)).IsZero)
        {
            await WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Seek(TopicPartitionOffset at)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(at.Offset);
        lock (_gate)
        {
            _next[at.TopicPartition] = at.Offset;
        }
    }

    /// <inheritdoc/>
    public ValueTask SeekAsync(
        SeekTarget to, TopicPartition? only = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(to);
        return default;
    }

    /// <inheritdoc/>
    public void Skip(EmbeddedLogException failure) => ArgumentNullException.ThrowIfNull(failure);

    /// <inheritdoc/>
    public void Pause(TopicPartition partition)
    {
        lock (_gate)
        {
            _paused.Add(partition);
        }
    }

    /// <inheritdoc/>
    public void Resume(TopicPartition partition)
    {
        lock (_gate)
        {
            _paused.Remove(partition);
        }
    }

    /// <summary>Ends the read that is under way with an <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
        }

        Wake();
    }

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return default;
    }

    private async IAsyncEnumerable<Record<TKey, TValue>> ReadAsync(
        bool waits, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Task added;
            bool isEmpty;
            (Record<TKey, TValue> Record, Exception? Failure) next;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_isDisposed, this);
                isEmpty = !_waiting.TryDequeue(out next);
                if (isEmpty && (!waits || _isComplete))
                {
                    yield break;
                }

                added = _added.Task;
            }

            if (isEmpty)
            {
                await added.WaitAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            if (next.Failure is not null)
            {
                throw next.Failure;
            }

            yield return next.Record;
            Finish(next.Record);
        }
    }

    private async IAsyncEnumerable<IReadOnlyList<Record<TKey, TValue>>> ReadBatchesCoreAsync(
        int maxRecords, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (Record<TKey, TValue> first in ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            List<Record<TKey, TValue>> batch = [first];
            lock (_gate)
            {
                while (batch.Count < maxRecords
                    && _waiting.TryPeek(out (Record<TKey, TValue> Record, Exception? Failure) next)
                    && next.Failure is null && next.Record.TopicPartition == first.TopicPartition)
                {
                    batch.Add(_waiting.Dequeue().Record);
                }
            }

            yield return batch;
            batch.ForEach(Finish);
        }
    }

    private void FinishTo(TopicPartition partition, long next, Record<TKey, TValue> record)
    {
        lock (_gate)
        {
            if (!_next.TryGetValue(partition, out long known) || known < next)
            {
                _next[partition] = next;
                _finished.Add(record);
            }
        }

        Wake();
    }

    private Task WaitAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return _added.Task.WaitAsync(cancellationToken);
        }
    }

    private void Wake()
    {
        TaskCompletionSource added;
        lock (_gate)
        {
            added = _added;
            _added = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        added.TrySetResult();
    }
}

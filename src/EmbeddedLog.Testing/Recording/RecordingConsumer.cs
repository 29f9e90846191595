using EmbeddedLog.Testing.Machines;

namespace EmbeddedLog.Testing.Recording;

/// <summary>A consumer that notes what it hands out, what is finished and what is committed.</summary>
internal sealed class RecordingConsumer<TKey, TValue>(
    Consumer<TKey, TValue> inner, CallGate gate, TestMachine machine, History history, string member)
    : IConsumer<TKey, TValue>
{
    /// <summary>What may go wrong on purpose on the way to the user.</summary>
    private readonly Sabotage? _sabotage = Sabotage.Current;

    public string? Group => inner.Group;

    public IReadOnlyList<TopicPartition> Assignment => inner.Assignment;

    public IAsyncEnumerable<Record<TKey, TValue>> ReadAllAsync(CancellationToken cancellationToken = default) =>
        Single(inner.ReadAllAsync(cancellationToken));

    public IAsyncEnumerable<Record<TKey, TValue>> ReadToEndAsync(CancellationToken cancellationToken = default) =>
        Single(inner.ReadToEndAsync(cancellationToken));

    public IAsyncEnumerable<IReadOnlyList<Record<TKey, TValue>>> ReadBatchesAsync(
        int maxRecords, CancellationToken cancellationToken = default) =>
        Batches(inner.ReadBatchesAsync(maxRecords, cancellationToken));

    public IAsyncEnumerable<IReadOnlyList<Record<TKey, TValue>>> ReadBatchesAsync(
        BatchOptions options, CancellationToken cancellationToken = default) =>
        Batches(inner.ReadBatchesAsync(options, cancellationToken));

    public Task ForEachAsync(
        Func<Record<TKey, TValue>, CancellationToken, ValueTask> handler,
        ForEachOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handler);
        string name = CodeScope.NameOf(handler);
        return gate.Call(() => inner.ForEachAsync(
            (record, token) => HandleAsync(name, handler, record, token), options, cancellationToken));
    }

    public void Finish(Record<TKey, TValue> record) => gate.Call(() =>
    {
        inner.Finish(record);
        Note(HistoryEntryKind.Finished, record);
        return true;
    });

    public ValueTask CommitAsync(Record<TKey, TValue> finished, CancellationToken cancellationToken = default) =>
        gate.CallAsync(async () =>
        {
            await inner.CommitAsync(finished, cancellationToken).ConfigureAwait(false);
            NoteCommit(finished.TopicPartition, finished.Offset + 1);
        });

    public ValueTask CommitAsync(
        NextOffset next, string? metadata = null, CancellationToken cancellationToken = default) =>
        gate.CallAsync(async () =>
        {
            await inner.CommitAsync(next, metadata, cancellationToken).ConfigureAwait(false);
            NoteCommit(next.Partition, next.Offset);
        });

    public ValueTask CommitFinishedAsync(CancellationToken cancellationToken = default) =>
        gate.CallAsync(() => inner.CommitFinishedAsync(cancellationToken));

    public ValueTask<NextOffset> GetPositionAsync(
        TopicPartition partition, CancellationToken cancellationToken = default) =>
        gate.CallAsync(() => inner.GetPositionAsync(partition, cancellationToken));

    public ValueTask<CommittedOffset?> GetCommittedAsync(
        TopicPartition partition, CancellationToken cancellationToken = default) =>
        gate.CallAsync(() => inner.GetCommittedAsync(partition, cancellationToken));

    public ValueTask<ConsumerLag> GetLagAsync(CancellationToken cancellationToken = default) =>
        gate.CallAsync(() => inner.GetLagAsync(cancellationToken));

    public ValueTask WaitUntilCaughtUpAsync(CancellationToken cancellationToken = default) =>
        gate.CallAsync(() => inner.WaitUntilCaughtUpAsync(cancellationToken));

    public void Seek(TopicPartitionOffset at) => gate.Call(() =>
    {
        inner.Seek(at);
        return true;
    });

    public ValueTask SeekAsync(
        SeekTarget to, TopicPartition? only = null, CancellationToken cancellationToken = default) =>
        gate.CallAsync(() => inner.SeekAsync(to, only, cancellationToken));

    public void Skip(EmbeddedLogException failure) => gate.Call(() =>
    {
        inner.Skip(failure);
        return true;
    });

    public void Pause(TopicPartition partition) => gate.Call(() =>
    {
        inner.Pause(partition);
        return true;
    });

    public void Resume(TopicPartition partition) => gate.Call(() =>
    {
        inner.Resume(partition);
        return true;
    });

    public ValueTask DisposeAsync() => gate.CloseAsync(inner.DisposeAsync);

    public void Dispose() => gate.Close(inner.Dispose);

    /// <inheritdoc/>
    public override string ToString() => $"{member}: {inner}";

    private RecordingSequence<Record<TKey, TValue>> Single(IAsyncEnumerable<Record<TKey, TValue>> source) => new(
        source,
        gate,
        record => Note(HistoryEntryKind.HandedOut, record),
        record => Note(HistoryEntryKind.Finished, record),
        record => _sabotage?.Decide(record.TopicPartitionOffset) ?? default);

    private RecordingSequence<IReadOnlyList<Record<TKey, TValue>>> Batches(
        IAsyncEnumerable<IReadOnlyList<Record<TKey, TValue>>> source) => new(
        source,
        gate,
        batch => NoteAll(HistoryEntryKind.HandedOut, batch),
        batch => NoteAll(HistoryEntryKind.Finished, batch),
        decide: null);

    private async ValueTask HandleAsync(
        string name,
        Func<Record<TKey, TValue>, CancellationToken, ValueTask> handler,
        Record<TKey, TValue> record,
        CancellationToken token)
    {
        if (_sabotage?.Decide(record.TopicPartitionOffset) == SabotageKind.Lose)
        {
            return;
        }

        // Ends with this method: what an asynchronous method sets there is its own.
        new CodeScope(machine, $"{name}, called for {record.TopicPartitionOffset},", gate.Life, member).Enter();
        Note(HistoryEntryKind.HandedOut, record);
        try
        {
            await machine.AfterUserCode(machine.InUserCode(gate.Life, () => handler(record, token)))
                .ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            Note(HistoryEntryKind.HandlerFailed, record, failure.Message);
            throw;
        }

        if (!token.IsCancellationRequested)
        {
            Note(HistoryEntryKind.Finished, record);
        }
    }

    private void NoteAll(HistoryEntryKind kind, IReadOnlyList<Record<TKey, TValue>> records)
    {
        foreach (Record<TKey, TValue> record in records)
        {
            Note(kind, record);
        }
    }

    private void NoteCommit(TopicPartition partition, long next)
    {
        if (Group is not null)
        {
            history.Note(HistoryEntryKind.Committed, partition, next, Group, member);
        }
    }

    private void Note(HistoryEntryKind kind, in Record<TKey, TValue> record, string? detail = null) => history.Note(
        kind,
        record.TopicPartition,
        record.Offset,
        Group,
        member,
        record.HasKey ? RecordText.OfKey(record.Key) : null,
        record.IsTombstone ? null : record.Value,
        detail);
}

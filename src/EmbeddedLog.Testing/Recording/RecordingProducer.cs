namespace EmbeddedLog.Testing.Recording;

/// <summary>A producer whose sends and acknowledgements are noted.</summary>
internal sealed class RecordingProducer<TKey, TValue>(
    Producer<TKey, TValue> inner, CallGate gate, History history, Durability durability) : IProducer<TKey, TValue>
{
    private readonly Lock _gate = new();

    /// <summary>What is written and not known to be flushed; under the gate.</summary>
    private readonly List<HistoryEntry> _written = [];

    public string Topic => inner.Topic;

    public ValueTask<RecordMetadata> ProduceAsync(
        ProducerRecord<TKey, TValue> record, CancellationToken cancellationToken = default) =>
        gate.CallAsync(() => SendAsync(
            [record],
            async () => [await inner.ProduceAsync(record, cancellationToken).ConfigureAwait(false)],
            written => written[0]));

    public ValueTask<IReadOnlyList<RecordMetadata>> ProduceBatchAsync(
        IReadOnlyList<ProducerRecord<TKey, TValue>> records, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(records);
        return gate.CallAsync(() => SendAsync(
            records, () => inner.ProduceBatchAsync(records, cancellationToken), written => written));
    }

    public bool TryProduce(in ProducerRecord<TKey, TValue> record)
    {
        ProducerRecord<TKey, TValue> copy = record;
        return gate.Call(() =>
        {
            HistoryEntry sent = NoteSent(copy);
            if (!inner.TryProduce(copy, out RecordMetadata written))
            {
                NoteFailed(copy, "no room");
                return false;
            }

            HistoryEntry entry = NoteAcknowledged(copy, written, Durability.Written, sent);
            lock (_gate)
            {
                _written.Add(entry);
            }

            return true;
        });
    }

    public ValueTask<bool> WaitToProduceAsync(CancellationToken cancellationToken = default) =>
        gate.CallAsync(() => inner.WaitToProduceAsync(cancellationToken));

    public ValueTask<RecordMetadata> DeleteAsync(TKey key, CancellationToken cancellationToken = default)
    {
        ProducerRecord<TKey, TValue> tombstone = ProducerRecord.Tombstone<TKey, TValue>(key);
        return gate.CallAsync(() => SendAsync(
            [tombstone],
            async () => [await inner.DeleteAsync(key, cancellationToken).ConfigureAwait(false)],
            written => written[0]));
    }

    public ValueTask FlushAsync(CancellationToken cancellationToken = default) => gate.CallAsync(async () =>
    {
        HistoryEntry[] before;
        lock (_gate)
        {
            before = [.. _written];
            _written.Clear();
        }

        await inner.FlushAsync(cancellationToken).ConfigureAwait(false);
        foreach (HistoryEntry entry in before)
        {
            history.Note(
                HistoryEntryKind.Acknowledged,
                entry.Partition,
                entry.Offset,
                key: entry.Key,
                value: entry.Value,
                detail: Ledger.Flushed,
                cause: entry.Cause);
        }
    });

    public ValueTask DisposeAsync() => gate.CloseAsync(inner.DisposeAsync);

    public void Dispose() => gate.Close(inner.Dispose);

    private async ValueTask<T> SendAsync<T>(
        IReadOnlyList<ProducerRecord<TKey, TValue>> records,
        Func<ValueTask<IReadOnlyList<RecordMetadata>>> send,
        Func<IReadOnlyList<RecordMetadata>, T> select)
    {
        HistoryEntry[] sent = [.. records.Select(record => NoteSent(record))];
        IReadOnlyList<RecordMetadata> written;
        try
        {
            written = await send().ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            foreach (ProducerRecord<TKey, TValue> record in records)
            {
                NoteFailed(record, failure.Message);
            }

            throw;
        }

        for (int i = 0; i < written.Count; i++)
        {
            NoteAcknowledged(records[i], written[i], durability, sent[i]);
        }

        return select(written);
    }

    private HistoryEntry NoteSent(in ProducerRecord<TKey, TValue> record) => history.Note(
        HistoryEntryKind.Sent,
        value: record.IsTombstone ? null : record.Value,
        key: KeyOf(record),
        detail: $"to {Topic}");

    private void NoteFailed(in ProducerRecord<TKey, TValue> record, string why) => history.Note(
        HistoryEntryKind.SendFailed,
        value: record.IsTombstone ? null : record.Value,
        key: KeyOf(record),
        detail: $"to {Topic}: {why}");

    private HistoryEntry NoteAcknowledged(
        in ProducerRecord<TKey, TValue> record,
        in RecordMetadata written,
        Durability level,
        HistoryEntry sent) => history.Note(
        HistoryEntryKind.Acknowledged,
        written.TopicPartition,
        written.Offset,
        key: KeyOf(record),
        value: record.IsTombstone ? null : record.Value,
        detail: level == Durability.Flushed ? Ledger.Flushed : Ledger.Written,
        cause: sent.Number);

    private static string? KeyOf(in ProducerRecord<TKey, TValue> record) =>
        record.HasKey ? RecordText.OfKey(record.Key) : null;
}

using System.Diagnostics.CodeAnalysis;

namespace EmbeddedLog.Handling;

/// <summary>
/// The records in hand of a partition, in the order of their offsets, between two seeks: finds how far all are
/// finished. Under the lock of the handling.
/// </summary>
/// <param name="partition">The partition.</param>
/// <param name="version">The version of the position for which it is good.</param>
internal sealed class PartitionWindow<TKey, TValue>(HandledPartition<TKey, TValue> partition, int version)
{
    private readonly Queue<RecordInHand<TKey, TValue>> _records = new();
    private bool _isClosed;

    /// <summary>The partition.</summary>
    public HandledPartition<TKey, TValue> Partition { get; } = partition;

    /// <summary>The version of the position for which it is good.</summary>
    public int Version { get; } = version;

    /// <summary>Whether what becomes of its records counts no more.</summary>
    public bool IsClosed => _isClosed || Partition.IsAbandoned;

    /// <summary>The records that are not finished.</summary>
    public IReadOnlyCollection<RecordInHand<TKey, TValue>> Records => _records;

    /// <summary>What becomes of its records counts no more.</summary>
    public void Close() => _isClosed = true;

    /// <summary>Adds a record behind the others.</summary>
    public void Add(RecordInHand<TKey, TValue> record) => _records.Enqueue(record);

    /// <summary>Takes out the first record if it has ended: it is finished then.</summary>
    public bool TryFinish(
        [NotNullWhen(true)] out RecordInHand<TKey, TValue>? record) =>
        _records.TryPeek(out record) && record.State == HandlingState.Ended && _records.TryDequeue(out record);
}

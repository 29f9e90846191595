namespace EmbeddedLog.Handling;

/// <summary>
/// A partition whose records are handled, from the first record to the loss or the end: which record comes behind
/// which. Under the lock of the handling.
/// </summary>
/// <param name="position">Where the consumer is in it.</param>
internal sealed class HandledPartition<TKey, TValue>(IHandledPosition position)
{
    /// <summary>The last records of their keys.</summary>
    private readonly Dictionary<ulong, RecordInHand<TKey, TValue>> _lastOfKeys = [];

    /// <summary>The last record, where all are handled one after the other.</summary>
    private RecordInHand<TKey, TValue>? _last;

    /// <summary>Where the consumer is in it.</summary>
    public IHandledPosition Position { get; } = position;

    /// <summary>What is in hand; null before the first record.</summary>
    public PartitionWindow<TKey, TValue>? Window { get; set; }

    /// <summary>Whether nothing more begins.</summary>
    public bool IsDraining { get; set; }

    /// <summary>
    /// Whether what becomes of its handlers counts no more, since their token is cancelled: one that returns for that
    /// has not done its work.
    /// </summary>
    public bool IsAbandoned { get; set; }

    /// <summary>How many handlers run.</summary>
    public int Running { get; set; }

    /// <summary>Cancels the handlers' token; never under a lock.</summary>
    public HandlerToken Token { get; } = new();

    /// <summary>Puts a record behind those of its key or partition; false where there are none.</summary>
    public bool TryBlock(RecordInHand<TKey, TValue> record, ProcessingOrder order)
    {
        RecordInHand<TKey, TValue>? before;
        if (order == ProcessingOrder.Partition)
        {
            before = _last;
            _last = record;
        }
        else if (record.Traits.KeyHash is { } hash)
        {
            _lastOfKeys.TryGetValue(hash, out before);
            _lastOfKeys[hash] = record;
        }
        else
        {
            return false;
        }

        if (before is null)
        {
            return false;
        }

        before.Next = record;
        return true;
    }

    /// <summary>A record has ended: the one behind it, if any is still to be handled.</summary>
    public RecordInHand<TKey, TValue>? Unblock(RecordInHand<TKey, TValue> record, ProcessingOrder order)
    {
        RecordInHand<TKey, TValue>? next = record.Next;
        while (next is { State: HandlingState.GivenBack })
        {
            next = next.Next;
        }

        if (next is null)
        {
            Forget(record, order);
        }

        return next;
    }

    /// <summary>Nothing is behind a record of its key or partition but what is given back with it.</summary>
    public void Forget(RecordInHand<TKey, TValue> record, ProcessingOrder order)
    {
        if (order == ProcessingOrder.Partition)
        {
            _last = null;
        }
        else if (record.Traits.KeyHash is { } hash)
        {
            _lastOfKeys.Remove(hash);
        }
    }
}

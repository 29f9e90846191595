namespace EmbeddedLog.Handling;

/// <summary>
/// The objects of records that have ended, for those that come. Under the lock of the handling, which saves a lock of
/// its own for each record.
/// </summary>
internal sealed class SpareRecords<TKey, TValue>
{
    /// <summary>Beyond that the collector has them: they were many only for a while.</summary>
    private const int MaxKept = 4_096;

    private RecordInHand<TKey, TValue>? _first;
    private int _count;

    /// <summary>An object for a record.</summary>
    public RecordInHand<TKey, TValue> Rent()
    {
        if (_first is not { } record)
        {
            return new RecordInHand<TKey, TValue>();
        }

        _first = record.Next;
        _count--;
        return record;
    }

    /// <summary>Takes an object back that nobody refers to.</summary>
    public void Return(RecordInHand<TKey, TValue> record)
    {
        record.Clear();
        if (_count < MaxKept)
        {
            record.Next = _first;
            _first = record;
            _count++;
        }
    }
}

namespace EmbeddedLog.Handling;

/// <summary>
/// The objects of records that have ended, for those that come. They come back under the lock of the handling and are
/// rented outside it: the memory of one that another processor has used is slow to reach, and no worker waits for that.
/// </summary>
internal sealed class SpareRecords<TKey, TValue>
{
    /// <summary>Beyond that the collector has them: they were many only for a while.</summary>
    private const int MaxKept = 4_096;

    /// <summary>Those to rent. Only for the one who adds records.</summary>
    private RecordInHand<TKey, TValue>? _toRent;
    private int _toRentCount;

    /// <summary>Those that came back since, the last one first. Under the lock.</summary>
    private RecordInHand<TKey, TValue>? _returned;
    private RecordInHand<TKey, TValue>? _firstReturned;
    private int _returnedCount;

    /// <summary>An object for a record. Only for the one who adds records.</summary>
    public RecordInHand<TKey, TValue> Rent()
    {
        if (_toRent is not { } record)
        {
            return new RecordInHand<TKey, TValue>();
        }

        _toRent = record.Next;
        _toRentCount--;
        return record;
    }

    /// <summary>Takes an object back that nobody refers to. Under the lock.</summary>
    public void Return(RecordInHand<TKey, TValue> record)
    {
        record.Clear();
        if (_returnedCount < MaxKept)
        {
            _firstReturned ??= record;
            record.Next = _returned;
            _returned = record;
            _returnedCount++;
        }
    }

    /// <summary>What came back can be rented from now on. For the one who adds records, under the lock.</summary>
    public void Refill()
    {
        if (_firstReturned is null || _toRentCount >= MaxKept)
        {
            return;
        }

        _firstReturned.Next = _toRent;
        _toRent = _returned;
        _toRentCount += _returnedCount;
        _returned = _firstReturned = null;
        _returnedCount = 0;
    }
}

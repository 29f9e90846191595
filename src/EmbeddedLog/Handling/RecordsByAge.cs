namespace EmbeddedLog.Handling;

/// <summary>
/// What is in hand: how many records and bytes, and which is the oldest. Under the lock of the handling, but for what
/// says otherwise.
/// </summary>
internal sealed class RecordsByAge<TKey, TValue>
{
    private RecordInHand<TKey, TValue>? _oldest;
    private RecordInHand<TKey, TValue>? _newest;
    private long _last;

    /// <summary>Written under the lock; read by anyone.</summary>
    private long _oldestNumber = 1;

    /// <summary>How many records are in hand. Written under the lock.</summary>
    private int _count;

    /// <summary>How many records are in hand. Read by anyone.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The bytes of their keys and values.</summary>
    public long Bytes { get; private set; }

    /// <summary>The number of the oldest record that has not ended; of the next one if there is none. Read by
    /// anyone.</summary>
    public long OldestNumber => Volatile.Read(ref _oldestNumber);

    /// <summary>Whether no record is in hand whose end is awaited. Read by anyone.</summary>
    public bool IsIdle => Volatile.Read(ref _oldest) is null;

    /// <summary>A record was taken.</summary>
    public void Add(RecordInHand<TKey, TValue> record)
    {
        record.Number = ++_last;
        record.IsCounted = true;
        record.IsListed = true;
        Volatile.Write(ref _count, _count + 1);
        Bytes += record.Traits.Bytes;
        record.Older = _newest;
        if (_newest is null)
        {
            Volatile.Write(ref _oldest, record);
            Volatile.Write(ref _oldestNumber, record.Number);
        }
        else
        {
            _newest.Newer = record;
        }

        _newest = record;
    }

    /// <summary>A record is waited for no more: it has ended, or it comes again.</summary>
    public void Unlist(RecordInHand<TKey, TValue> record)
    {
        if (!record.IsListed)
        {
            return;
        }

        record.IsListed = false;
        if (record.Newer is { } newer)
        {
            newer.Older = record.Older;
        }
        else
        {
            _newest = record.Older;
        }

        if (record.Older is { } older)
        {
            older.Newer = record.Newer;
        }
        else
        {
            Volatile.Write(ref _oldest, record.Newer);
            Volatile.Write(ref _oldestNumber, record.Newer?.Number ?? _last + 1);
        }

        record.Older = record.Newer = null;
    }

    /// <summary>A record is in hand no more.</summary>
    public void Remove(RecordInHand<TKey, TValue> record)
    {
        Unlist(record);
        if (record.IsCounted)
        {
            record.IsCounted = false;
            Volatile.Write(ref _count, _count - 1);
            Bytes -= record.Traits.Bytes;
        }
    }
}

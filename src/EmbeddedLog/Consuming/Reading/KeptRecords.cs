using EmbeddedLog.Consuming.Positions;

namespace EmbeddedLog.Consuming.Reading;

/// <summary>
/// The unfinished records of earlier reads, by slot, to be returned again by a later read: of each partition no more
/// than one read had in hand. Only for the reader.
/// </summary>
internal sealed class KeptRecords<TKey, TValue>
{
    /// <summary>By slot; null before the first is kept.</summary>
    private ReadOnlyMemory<Record<TKey, TValue>>[]? _records;

    /// <summary>Keeps records of a partition, replacing those kept before.</summary>
    public void Keep(PartitionCursor cursor, int slots, ReadOnlyMemory<Record<TKey, TValue>> records)
    {
        _records ??= new ReadOnlyMemory<Record<TKey, TValue>>[slots];
        _records[cursor.Slot] = records;
    }

    /// <summary>Moves the records of a plan into the beginning of a buffer.</summary>
    /// <returns>The number of records.</returns>
    public int Take(in FetchPlan plan, ref Record<TKey, TValue>[] buffer)
    {
        ref ReadOnlyMemory<Record<TKey, TValue>> kept = ref _records![plan.Cursor.Slot];
        int count = 0;
        if (buffer.Length < kept.Length)
        {
            buffer = new Record<TKey, TValue>[kept.Length];
        }

        foreach (Record<TKey, TValue> record in kept.Span)
        {
            // The records before it were finished since; those after it, if any, are read from the log later.
            if (record.Offset >= plan.From && record.Offset < plan.Limit)
            {
                buffer[count++] = record;
            }
        }

        kept = default;
        return count;
    }

    /// <summary>Releases all.</summary>
    public void Clear() => _records = null;
}

using EmbeddedLog.Consuming.Positions;

namespace EmbeddedLog.Consuming.Reading;

/// <summary>
/// The records that reads have handed out and nobody has finished, by slot, to be handed out again by a later
/// read: no more than one read had in hand of each partition. Only for the reader.
/// </summary>
internal sealed class KeptRecords<TKey, TValue>
{
    /// <summary>By slot; null before the first is kept.</summary>
    private ReadOnlyMemory<Record<TKey, TValue>>[]? _records;

    /// <summary>Keeps records of a partition in the place of those that were kept before.</summary>
    public void Keep(PartitionCursor cursor, int slots, ReadOnlyMemory<Record<TKey, TValue>> records)
    {
        _records ??= new ReadOnlyMemory<Record<TKey, TValue>>[slots];
        _records[cursor.Slot] = records;
    }

    /// <summary>Puts those of a plan into the beginning of a buffer; they are not kept any longer.</summary>
    /// <returns>How many.</returns>
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
            // Those before it were finished since; those behind it, if any, are read from the log in their turn.
            if (record.Offset >= plan.From && record.Offset < plan.Limit)
            {
                buffer[count++] = record;
            }
        }

        kept = default;
        return count;
    }

    /// <summary>Lets go of all.</summary>
    public void Clear() => _records = null;
}

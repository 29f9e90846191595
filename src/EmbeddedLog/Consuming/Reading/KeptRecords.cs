using EmbeddedLog.Consuming.Positions;

namespace EmbeddedLog.Consuming.Reading;

/// <summary>
/// The unfinished records of earlier reads, to be returned again by a later read: of each partition no more than one
/// read had in hand. Only for the reader.
/// </summary>
internal sealed class KeptRecords<TKey, TValue>
{
    private readonly Dictionary<PartitionCursor, ReadOnlyMemory<Record<TKey, TValue>>> _records = [];

    /// <summary>
    /// Keeps records of a partition that are not finished, besides those behind them that are kept already. Under the
    /// gate.
    /// </summary>
    public void Keep(PartitionCursor cursor, List<Record<TKey, TValue>> records)
    {
        if (cursor.KeptTo > cursor.Position)
        {
            records.AddRange(_records[cursor].Span);
        }

        records.RemoveAll(record => record.Offset < cursor.Position);
        Set(cursor, records.ToArray());
    }

    /// <summary>
    /// Goes on keeping what the records taken for a plan have left, unless a seek has ended that. Under the gate.
    /// </summary>
    public void KeepLeft(in FetchPlan plan)
    {
        if (plan.Cursor.Version == plan.Version)
        {
            Set(plan.Cursor, _records.GetValueOrDefault(plan.Cursor));
        }
    }

    /// <summary>Moves the records of a plan into the beginning of a buffer. Those behind it stay.</summary>
    /// <returns>The number of records.</returns>
    public int Take(in FetchPlan plan, ref Record<TKey, TValue>[] buffer)
    {
        ReadOnlyMemory<Record<TKey, TValue>> kept = _records[plan.Cursor];
        int count = 0;
        if (buffer.Length < kept.Length)
        {
            buffer = new Record<TKey, TValue>[kept.Length];
        }

        int passed = 0;
        foreach (Record<TKey, TValue> record in kept.Span)
        {
            if (record.Offset >= plan.Limit)
            {
                // Behind the end of this read.
                break;
            }

            passed++;
            if (record.Offset >= plan.From)
            {
                // Those before it were finished since.
                buffer[count++] = record;
            }
        }

        _records[plan.Cursor] = kept[passed..];
        return count;
    }

    /// <summary>Forgets the records of a partition that is assigned no more.</summary>
    public void Forget(PartitionCursor cursor) => _records.Remove(cursor);

    /// <summary>Releases all.</summary>
    public void Clear() => _records.Clear();

    private void Set(PartitionCursor cursor, ReadOnlyMemory<Record<TKey, TValue>> records)
    {
        if (records.IsEmpty)
        {
            _records.Remove(cursor);
        }
        else
        {
            _records[cursor] = records;
        }

        cursor.Keep(records.IsEmpty ? -1 : records.Span[^1].Offset + 1);
    }
}

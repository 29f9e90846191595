using EmbeddedLog.Partitions.Reading;

namespace EmbeddedLog.Coordination.State;

/// <summary>Reads the present values of a state's partition when a log is opened.</summary>
internal static class StateLoading
{
    /// <summary>All keys with their last values; a tombstone removes its key.</summary>
    /// <exception cref="CorruptLogException">A record is invalid.</exception>
    /// <exception cref="UnsupportedFormatException">A newer version wrote one.</exception>
    public static Dictionary<TKey, StateEntry<TValue>> Load<TKey, TValue, TSchema>(ReadablePartition log)
        where TKey : notnull
        where TSchema : struct, IStateSchema<TKey, TValue>
    {
        Dictionary<TKey, StateEntry<TValue>> entries = [];
        using PartitionScan scan = log.Scan(log.StartOffset);
        while (scan.TryRead(out RecordView record))
        {
            if (!record.HasKey || !HasVersion(record.Key, TSchema.Version)
                || !TSchema.TryDecodeKey(record.Key, out TKey key))
            {
                throw StateErrors.Unreadable<TKey, TValue, TSchema>(log, record.Offset, record.Key, "key");
            }

            if (record.IsTombstone)
            {
                entries.Remove(key);
                continue;
            }

            if (!HasVersion(record.Value, TSchema.Version)
                || !TSchema.TryDecodeValue(record.Value, out TValue value))
            {
                throw StateErrors.Unreadable<TKey, TValue, TSchema>(log, record.Offset, record.Value, "value");
            }

            if (!entries.TryGetValue(key, out StateEntry<TValue>? entry))
            {
                entries.Add(key, entry = new StateEntry<TValue>(record.Key.ToArray()));
            }

            entry.Value = value;
        }

        return entries;
    }

    private static bool HasVersion(ReadOnlySpan<byte> bytes, byte version) => !bytes.IsEmpty && bytes[0] == version;
}

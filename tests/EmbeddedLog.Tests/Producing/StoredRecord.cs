
namespace EmbeddedLog.Tests.Producing;

/// <summary>A record as it stands in the log, copied.</summary>
internal sealed record StoredRecord(
    long Offset, long Timestamp, byte[]? Key, byte[]? Value, Headers Headers)
{
    public string? KeyText => Key is null ? null : System.Text.Encoding.UTF8.GetString(Key);

    public string? ValueText => Value is null ? null : System.Text.Encoding.UTF8.GetString(Value);

    public static IReadOnlyList<StoredRecord> ReadAll(OwnedPartition partition)
    {
        List<StoredRecord> all = [];
        using PartitionScan scan = partition.Scan(partition.StartOffset);
        while (scan.TryRead(out RecordView record))
        {
            all.Add(new StoredRecord(
                record.Offset,
                record.Timestamp,
                record.HasKey ? record.Key.ToArray() : null,
                record.IsTombstone ? null : record.Value.ToArray(),
                record.Headers.ToHeaders()));
        }

        return all;
    }
}

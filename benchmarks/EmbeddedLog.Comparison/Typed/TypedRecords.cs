using System.Text;

namespace EmbeddedLog.Comparison.Typed;

/// <summary>The common part of the typed workloads.</summary>
internal static class TypedRecords
{
    public const string Key = "site-7";

    public const int BatchRecords = 1000;

    public static TimeSpan CommitInterval { get; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Appends records as <see cref="Producer{TKey, TValue}"/> writes them.</summary>
    public static void Append(OwnedPartition partition, int count)
    {
        byte[] key = Encoding.UTF8.GetBytes(Key);
        byte[] value = Scale.NewValue();
        for (int i = 0; i < count; i++)
        {
            partition.Append(new RawRecord(key, value));
        }
    }

    /// <summary>Reads so many records in batches.</summary>
    public static async Task ReadAsync(Consumer<string, byte[]> consumer, long count)
    {
        long bytes = 0;
        await foreach (IReadOnlyList<Record<string, byte[]>> batch in consumer.ReadBatchesAsync(BatchRecords))
        {
            for (int i = 0; i < batch.Count; i++)
            {
                Record<string, byte[]> record = batch[i];
                bytes += record.Key.Length + record.Value.Length;
            }

            count -= batch.Count;
            if (count <= 0)
            {
                break;
            }
        }

        Check(bytes);
    }

    /// <summary>Uses a result, so that the work for it is done.</summary>
    public static void Check(long bytes)
    {
        if (bytes <= 0)
        {
            throw new InvalidDataException("Nothing was read.");
        }
    }
}

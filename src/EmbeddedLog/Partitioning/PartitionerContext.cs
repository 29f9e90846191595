namespace EmbeddedLog;

/// <summary>The input of a partitioner.</summary>
public readonly ref struct PartitionerContext
{
    /// <summary>Creates a context.</summary>
    /// <param name="topic">The topic's name.</param>
    /// <param name="partitionCount">How many partitions the topic has; at least one.</param>
    /// <param name="key">The serialized key; empty if there is none.</param>
    /// <param name="hasKey">Whether the record has a key.</param>
    /// <param name="recordBytes">The serialized size of key, value and headers, in bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no partition, or the size is negative.</exception>
    public PartitionerContext(string topic, int partitionCount, ReadOnlySpan<byte> key, bool hasKey, int recordBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(partitionCount);
        ArgumentOutOfRangeException.ThrowIfNegative(recordBytes);
        Topic = topic;
        PartitionCount = partitionCount;
        Key = key;
        HasKey = hasKey;
        RecordBytes = recordBytes;
    }

    /// <summary>The topic's name.</summary>
    public string Topic { get; }

    /// <summary>How many partitions the topic has; at least one.</summary>
    public int PartitionCount { get; }

    /// <summary>The serialized key; empty if there is none, see <see cref="HasKey"/>.</summary>
    public ReadOnlySpan<byte> Key { get; }

    /// <summary>Whether the record has a key. An empty key is a key.</summary>
    public bool HasKey { get; }

    /// <summary>The serialized size of key, value and headers, in bytes.</summary>
    public int RecordBytes { get; }
}

namespace EmbeddedLog.Handling;

/// <summary>A record between its being taken and its end. All under the lock of the handling.</summary>
/// <param name="record">The record.</param>
/// <param name="traits">What its handling depends on.</param>
/// <param name="window">The window that it belongs to.</param>
internal sealed class RecordInHand<TKey, TValue>(
    Record<TKey, TValue> record, RecordTraits traits, PartitionWindow<TKey, TValue> window)
{
    /// <summary>The bytes of key and value, where they are kept.</summary>
    private byte[] _raw = [];

    /// <summary>The record.</summary>
    public Record<TKey, TValue> Record { get; } = record;

    /// <summary>What its handling depends on.</summary>
    public RecordTraits Traits { get; } = traits;

    /// <summary>The window that it belongs to.</summary>
    public PartitionWindow<TKey, TValue> Window { get; } = window;

    /// <summary>Keeps the bytes of key and value.</summary>
    /// <param name="bytes">The bytes of its chunk, in which the traits say where its own are.</param>
    public void KeepRaw(ReadOnlySpan<byte> bytes)
    {
        if (Traits.Fault is null)
        {
            _raw = bytes.Slice(Traits.RawAt, Traits.KeyLength + Traits.ValueLength).ToArray();
        }
    }

    /// <summary>The record for the policy: whoever gets it may keep it. Only where the bytes are kept.</summary>
    public FailedRecord Describe(Exception failure)
    {
        ReadOnlyMemory<byte>? key = Traits.Fault?.RawKey;
        ReadOnlyMemory<byte>? value = Traits.Fault?.RawValue;
        if (Traits.Fault is null && Record.HasKey)
        {
            key = _raw.AsSpan(0, Traits.KeyLength).ToArray();
        }

        if (Traits.Fault is null && !Record.IsTombstone)
        {
            value = _raw.AsSpan(Traits.KeyLength, Traits.ValueLength).ToArray();
        }

        return new FailedRecord(
            Record.TopicPartitionOffset, Record.Timestamp, key, value, Record.Headers, Attempts, failure);
    }

    /// <summary>Where it is on its way.</summary>
    public HandlingState State { get; set; }

    /// <summary>How often its handler was called.</summary>
    public int Attempts { get; set; }

    /// <summary>The record behind it of the same key or partition.</summary>
    public RecordInHand<TKey, TValue>? Next { get; set; }

    /// <summary>Its place among those that are in hand: later ones have higher numbers.</summary>
    public long Number { get; set; }

    /// <summary>Whether it counts as in hand.</summary>
    public bool IsCounted { get; set; }

    /// <summary>Whether it is in the list by age.</summary>
    public bool IsListed { get; set; }

    /// <summary>The neighbour in the list by age.</summary>
    public RecordInHand<TKey, TValue>? Older { get; set; }

    /// <summary>The neighbour in the list by age.</summary>
    public RecordInHand<TKey, TValue>? Newer { get; set; }
}

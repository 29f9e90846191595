namespace EmbeddedLog.Handling;

/// <summary>
/// A record between its being taken and its end; then the object is used for another one. All under the lock of the
/// handling, but for the record, its window and its attempts, which its worker reads while it runs.
/// </summary>
internal sealed class RecordInHand<TKey, TValue>
{
    /// <summary>A larger buffer for bytes is not kept for the next record.</summary>
    private const int MaxSpareBytes = 1024;

    private Record<TKey, TValue> _record;
    private RecordTraits _traits;

    /// <summary>The bytes of key and value, where they are kept; perhaps larger.</summary>
    private byte[] _raw = [];

    /// <summary>The record.</summary>
    public ref readonly Record<TKey, TValue> Record => ref _record;

    /// <summary>What its handling depends on.</summary>
    public ref readonly RecordTraits Traits => ref _traits;

    /// <summary>The window that it belongs to.</summary>
    public PartitionWindow<TKey, TValue> Window { get; set; } = null!;

    /// <summary>Where it is on its way.</summary>
    public HandlingState State { get; set; }

    /// <summary>How often its handler was called.</summary>
    public int Attempts { get; set; }

    /// <summary>The record behind it of the same key or partition; of an object not in hand, the next one.</summary>
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

    /// <summary>Begins with a record. Nobody else has the object yet.</summary>
    /// <param name="record">The record.</param>
    /// <param name="traits">What its handling depends on.</param>
    public void Begin(in Record<TKey, TValue> record, in RecordTraits traits)
    {
        _record = record;
        _traits = traits;
        State = HandlingState.Blocked;
        Attempts = 0;
        Next = null;
    }

    /// <summary>Keeps the bytes of key and value.</summary>
    /// <param name="bytes">The bytes of its chunk, in which the traits say where its own are.</param>
    public void KeepRaw(ReadOnlySpan<byte> bytes)
    {
        if (_traits.Fault is not null)
        {
            return;
        }

        int length = _traits.KeyLength + _traits.ValueLength;
        if (_raw.Length < length)
        {
            // Small ones have room for the next record too.
            _raw = GC.AllocateUninitializedArray<byte>(
                length < MaxSpareBytes ? Math.Min(MaxSpareBytes, 2 * length) : length);
        }

        bytes.Slice(_traits.RawAt, length).CopyTo(_raw);
    }

    /// <summary>The record for the policy: whoever gets it may keep it. Only where the bytes are kept.</summary>
    public FailedRecord Describe(Exception failure)
    {
        ReadOnlyMemory<byte>? key = _traits.Fault?.RawKey;
        ReadOnlyMemory<byte>? value = _traits.Fault?.RawValue;
        if (_traits.Fault is null && _record.HasKey)
        {
            key = _raw.AsSpan(0, _traits.KeyLength).ToArray();
        }

        if (_traits.Fault is null && !_record.IsTombstone)
        {
            value = _raw.AsSpan(_traits.KeyLength, _traits.ValueLength).ToArray();
        }

        return new FailedRecord(
            _record.TopicPartitionOffset, _record.Timestamp, key, value, _record.Headers, Attempts, failure);
    }

    /// <summary>Refers to nothing of the record any more: nobody else has the object.</summary>
    public void Clear()
    {
        _record = default;
        _traits = default;
        Window = null!;
        if (_raw.Length > MaxSpareBytes)
        {
            _raw = [];
        }
    }
}

namespace EmbeddedLog;

/// <summary>A record to be sent.</summary>
/// <typeparam name="TKey">The key's type.</typeparam>
/// <typeparam name="TValue">The value's type.</typeparam>
/// <remarks>
/// A pair converts to a record: <c>producer.ProduceAsync(("site-7", view))</c>. An initializer sets the rest: <c>new
/// ProducerRecord&lt;string, PageView&gt;("site-7", view) { Partition = 2, Headers = headers }</c>. Records without a
/// key and tombstones come from the factories of <see cref="ProducerRecord"/>, or from null.
/// </remarks>
public readonly record struct ProducerRecord<TKey, TValue>
{
    /// <summary>True for no key, if the key's type does not admit null.</summary>
    private readonly bool _withoutKey;

    /// <summary>True for a tombstone, if the value's type does not admit null.</summary>
    private readonly bool _withoutValue;

    private readonly TKey _key;
    private readonly TValue _value;

    /// <summary>Creates a record.</summary>
    /// <param name="key">The key; null makes a record without one.</param>
    /// <param name="value">The value; null makes a tombstone.</param>
    public ProducerRecord(TKey key, TValue value)
    {
        _key = key;
        _value = value;
    }

    /// <summary>Creates a record without a key, without a value, or both.</summary>
    internal ProducerRecord(TKey key, bool hasKey, TValue value, bool hasValue)
    {
        _key = key;
        _withoutKey = !hasKey;
        _value = value;
        _withoutValue = !hasValue;
    }

    /// <summary>The key. Null stands for no key.</summary>
    public TKey Key
    {
        get => _key;
        init
        {
            _key = value;
            _withoutKey = false;
        }
    }

    /// <summary>The value. Null stands for a tombstone.</summary>
    public TValue Value
    {
        get => _value;
        init
        {
            _value = value;
            _withoutValue = false;
        }
    }

    /// <summary>The partition, from zero; null (the default) leaves it to the partitioner.</summary>
    public int? Partition { get; init; }

    /// <summary>
    /// The record's time, kept to the millisecond; null (the default) means the time of the append. In a topic with
    /// <see cref="TimestampType.LogAppendTime"/> it is always the time of the append.
    /// </summary>
    public DateTimeOffset? Timestamp { get; init; }

    /// <summary>
    /// The headers; null (the default) for none. They are read during the call that sends the record.
    /// </summary>
    public Headers? Headers { get; init; }

    /// <summary>Whether the record has a key.</summary>
    public bool HasKey => !_withoutKey && _key is not null;

    /// <summary>Whether the record has no value, which marks its key as deleted.</summary>
    public bool IsTombstone => _withoutValue || _value is null;

    /// <summary>A key and a value as a record.</summary>
    /// <param name="pair">The key and the value.</param>
    public static implicit operator ProducerRecord<TKey, TValue>((TKey Key, TValue Value) pair) =>
        new(pair.Key, pair.Value);
}

using EmbeddedLog.Validation;

namespace EmbeddedLog;

/// <summary>A record that was read: its position, time, key, value and headers.</summary>
/// <typeparam name="TKey">The key's type.</typeparam>
/// <typeparam name="TValue">The value's type.</typeparam>
/// <remarks>
/// Everything in it is a copy, and stays valid after the consumer and the log are disposed. If a topic has records
/// without a key, or tombstones, choose types that admit null (<c>string?</c>, <c>int?</c>): missing keys and values
/// are read as null.
/// </remarks>
public readonly record struct Record<TKey, TValue>
{
    private readonly Headers? _headers;

    /// <summary>
    /// Unix time in milliseconds: half the size of a <see cref="DateTimeOffset"/>, which is made only when it is read.
    /// </summary>
    private readonly long _timestamp;

    /// <summary>
    /// The last 16 bits of the assignment epoch under which a consumer returned the record; 0 for a record that no
    /// consumer returned.
    /// </summary>
    private readonly ushort _epoch;

    /// <summary>Creates a record as a consumer hands it out: for tests of code that handles records.</summary>
    /// <param name="topic">The topic's name.</param>
    /// <param name="partition">The partition's number, from zero.</param>
    /// <param name="offset">The offset, from zero.</param>
    /// <param name="timestamp">The record's time, cut off to milliseconds.</param>
    /// <param name="key">The key; null makes a record without one.</param>
    /// <param name="value">The value; null makes a tombstone.</param>
    /// <param name="headers">The headers, or null for none.</param>
    /// <exception cref="ArgumentNullException"><paramref name="topic"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The partition or the offset is negative.</exception>
    public Record(
        string topic,
        int partition,
        long offset,
        DateTimeOffset timestamp,
        TKey key,
        TValue value,
        Headers? headers = null)
        : this(
            topic,
            partition,
            offset,
            timestamp.ToUnixTimeMilliseconds(),
            key,
            hasKey: key is not null,
            value,
            isTombstone: value is null,
            headers)
    {
        ArgumentNullException.ThrowIfNull(topic);
        ArgumentOutOfRangeException.ThrowIfNegative(partition);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
    }

    /// <summary>Takes the parts as the log has them: a deserializer may read an existing key as null.</summary>
    internal Record(
        string topic,
        int partition,
        long offset,
        long timestamp,
        TKey key,
        bool hasKey,
        TValue value,
        bool isTombstone,
        Headers? headers,
        int epoch = 0)
    {
        Topic = topic;
        Partition = partition;
        Offset = offset;
        _timestamp = timestamp;
        Key = key;
        HasKey = hasKey;
        Value = value;
        IsTombstone = isTombstone;
        _epoch = (ushort)epoch;
        // No headers are always the same object, so that two reads of one record are equal.
        _headers = headers ?? Headers.Empty;
    }

    /// <summary>The topic's name.</summary>
    public string Topic { get; }

    /// <summary>The partition's number, from zero.</summary>
    public int Partition { get; }

    /// <summary>The record's offset in its partition, from zero.</summary>
    public long Offset { get; }

    /// <summary>
    /// The record's time in UTC, to the millisecond: the producer's or the append's, see
    /// <see cref="TopicOptions.TimestampType"/>. A time beyond the range of <see cref="DateTimeOffset"/> is its nearest
    /// bound.
    /// </summary>
    public DateTimeOffset Timestamp => UnixTime.ToDateTimeOffset(_timestamp);

    /// <summary>The key; null (or the type's default) if <see cref="HasKey"/> is false.</summary>
    public TKey Key { get; }

    /// <summary>The value; null (or the type's default) if <see cref="IsTombstone"/> is true.</summary>
    public TValue Value { get; }

    /// <summary>Whether the record has a key. An empty key is a key.</summary>
    public bool HasKey { get; }

    /// <summary>Whether the value is null, which marks the key as deleted. An empty value is no tombstone.</summary>
    public bool IsTombstone { get; }

    /// <summary>The headers; never null, and read-only if the record was read from a log.</summary>
    public Headers Headers => _headers ?? Headers.Empty;

    /// <summary>The record's partition.</summary>
    public TopicPartition TopicPartition => new(Topic, Partition);

    /// <summary>
    /// The record's own position. What is committed when it is finished is the one after it:
    /// <see cref="NextOffset.After"/>.
    /// </summary>
    public TopicPartitionOffset TopicPartitionOffset => new(Topic, Partition, Offset);

    /// <summary>Whether all is equal, in whichever read the records were returned.</summary>
    /// <param name="other">The other record.</param>
    public bool Equals(Record<TKey, TValue> other) =>
        Topic == other.Topic
        && Partition == other.Partition
        && Offset == other.Offset
        && _timestamp == other._timestamp
        && HasKey == other.HasKey
        && IsTombstone == other.IsTombstone
        && EqualityComparer<TKey>.Default.Equals(Key, other.Key)
        && EqualityComparer<TValue>.Default.Equals(Value, other.Value)
        && Headers.Equals(other.Headers);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Topic, Partition, Offset, _timestamp, HasKey, Key, Value);

    /// <summary>
    /// Whether a consumer may have returned the record under an assignment; also if no consumer has returned it.
    /// </summary>
    internal bool IsOf(int epoch) => _epoch == 0 || _epoch == (ushort)epoch;

    /// <summary>The record's position and its key: <c>page-views-3@42 site-7</c>.</summary>
    public override string ToString() => HasKey ? $"{TopicPartitionOffset} {Key}" : TopicPartitionOffset.ToString();
}

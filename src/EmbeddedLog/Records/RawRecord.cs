namespace EmbeddedLog;

/// <summary>
/// A record as bytes, to be appended by <see cref="OwnedPartition.Append"/>. A span cannot be null, so two properties
/// say whether the record has a key and whether its value is null.
/// </summary>
public readonly ref struct RawRecord
{
    /// <summary>The timestamp that stands for the time of the append.</summary>
    public const long NoTimestamp = long.MinValue;

    /// <summary>A record without a key.</summary>
    /// <param name="value">The value's bytes; may be empty.</param>
    public RawRecord(ReadOnlySpan<byte> value)
    {
        Value = value;
        Timestamp = NoTimestamp;
    }

    /// <summary>A record with a key.</summary>
    /// <param name="key">The key's bytes; may be empty, which is a key too.</param>
    /// <param name="value">The value's bytes; may be empty.</param>
    public RawRecord(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        Key = key;
        HasKey = true;
        Value = value;
        Timestamp = NoTimestamp;
    }

    /// <summary>The key's bytes; ignored unless <see cref="HasKey"/>.</summary>
    public ReadOnlySpan<byte> Key { get; init; }

    /// <summary>The value's bytes; ignored if <see cref="IsTombstone"/>.</summary>
    public ReadOnlySpan<byte> Value { get; init; }

    /// <summary>Whether the record has a key.</summary>
    public bool HasKey { get; init; }

    /// <summary>Whether the value is null, which marks the key as deleted.</summary>
    public bool IsTombstone { get; init; }

    /// <summary>
    /// Unix milliseconds, or <see cref="NoTimestamp"/> for the time of the append; within 48 bits (years -2,491 to
    /// 6,429).
    /// </summary>
    public long Timestamp { get; init; }

    /// <summary>The headers; their bytes are copied by the append.</summary>
    public ReadOnlySpan<Header> Headers { get; init; }

    /// <summary>A record that marks a key as deleted.</summary>
    /// <param name="key">The key's bytes.</param>
    public static RawRecord Tombstone(ReadOnlySpan<byte> key) => new(key, default) { IsTombstone = true };
}

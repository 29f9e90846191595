using System.Buffers;

namespace EmbeddedLog.Producing;

/// <summary>
/// A record that waits for room, in memory of its own: the sender may change his as soon as his call returns.
/// </summary>
internal struct CopiedRecord
{
    private byte[]? _bytes;
    private int _keyLength;
    private int _valueLength;
    private bool _hasKey;
    private bool _isTombstone;
    private long _timestamp;
    private Header[] _headers;

    /// <summary>The record. Only between <see cref="Set"/> and <see cref="Clear"/>.</summary>
    public readonly RawRecord Raw => new()
    {
        Key = _bytes.AsSpan(0, _keyLength),
        HasKey = _hasKey,
        Value = _bytes.AsSpan(_keyLength, _valueLength),
        IsTombstone = _isTombstone,
        Timestamp = _timestamp,
        Headers = _headers,
    };

    /// <summary>Takes a copy.</summary>
    public void Set(in RawRecord record)
    {
        _keyLength = record.Key.Length;
        _valueLength = record.Value.Length;
        _bytes = ArrayPool<byte>.Shared.Rent(_keyLength + _valueLength);
        record.Key.CopyTo(_bytes);
        record.Value.CopyTo(_bytes.AsSpan(_keyLength));
        _hasKey = record.HasKey;
        _isTombstone = record.IsTombstone;
        _timestamp = record.Timestamp;

        // The headers' bytes are never changed, only the list of them may be.
        _headers = record.Headers.ToArray();
    }

    /// <summary>Gives the memory back.</summary>
    public void Clear()
    {
        if (_bytes is { } bytes)
        {
            ArrayPool<byte>.Shared.Return(bytes);
            this = default;
        }
    }
}

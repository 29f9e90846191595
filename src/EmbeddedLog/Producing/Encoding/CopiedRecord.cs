using System.Buffers;

namespace EmbeddedLog.Producing.Encoding;

/// <summary>
/// A copy of a record that waits for room: the sender may reuse its memory as soon as the call returns.
/// </summary>
internal struct CopiedRecord
{
    /// <summary>
    /// Memory up to this size is kept for the next record; larger memory comes from the shared pool and is returned.
    /// </summary>
    private const int MaxKeptBytes = 512;

    private byte[]? _bytes;
    private int _keyLength;
    private int _valueLength;
    private bool _hasKey;
    private bool _isTombstone;
    private long _timestamp;
    private Header[]? _headers;

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
        int length = _keyLength + _valueLength;
        if (length > MaxKeptBytes)
        {
            _bytes = ArrayPool<byte>.Shared.Rent(length);
        }
        else if (_bytes is null || _bytes.Length < length)
        {
            _bytes = new byte[length <= MaxKeptBytes / 4 ? MaxKeptBytes / 4 : MaxKeptBytes];
        }

        record.Key.CopyTo(_bytes);
        record.Value.CopyTo(_bytes.AsSpan(_keyLength));
        _hasKey = record.HasKey;
        _isTombstone = record.IsTombstone;
        _timestamp = record.Timestamp;

        // The bytes of headers never change, only their list may.
        _headers = record.Headers.ToArray();
    }

    /// <summary>Returns large memory.</summary>
    public void Clear()
    {
        if (_bytes?.Length > MaxKeptBytes)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = null;
        }

        _headers = null;
    }
}

using EmbeddedLog.Format.Frames;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog;

/// <summary>
/// A record in place in the log, without a copy. It lives as long as its scan, which the compiler checks. To keep it
/// longer, copy it, or hold it by <see cref="Lease"/>.
/// </summary>
public readonly unsafe ref struct RecordView
{
    private readonly RecordFields _fields;
    private readonly Segment _segment;

    internal RecordView(scoped in RecordFields fields, Segment segment)
    {
        _fields = fields;
        _segment = segment;
    }

    /// <summary>The record's offset.</summary>
    public long Offset => _fields.Offset;

    /// <summary>The record's timestamp in Unix milliseconds.</summary>
    public long Timestamp => _fields.Timestamp;

    /// <summary>Whether the record has a key.</summary>
    public bool HasKey => _fields.KeyLength >= 0;

    /// <summary>Whether the value is null.</summary>
    public bool IsTombstone => _fields.ValueLength < 0;

    /// <summary>The key's bytes; empty if there is none.</summary>
    public ReadOnlySpan<byte> Key => new(_fields.Key, Math.Max(_fields.KeyLength, 0));

    /// <summary>The value's bytes; empty if it is null.</summary>
    public ReadOnlySpan<byte> Value => new(_fields.Value, Math.Max(_fields.ValueLength, 0));

    /// <summary>The headers.</summary>
    public HeadersView Headers => new(new ReadOnlySpan<byte>(_fields.Headers, _fields.HeadersLength));

    /// <summary>
    /// Holds the record's memory until the lease is disposed, across awaits and beyond the scan. A lease keeps the
    /// whole segment mapped, also when retention removes it: hold it briefly.
    /// </summary>
    public RecordLease Lease() => new(_fields, _segment);
}

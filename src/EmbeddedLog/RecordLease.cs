using EmbeddedLog.Format;
using EmbeddedLog.Storage;

namespace EmbeddedLog;

/// <summary>
/// Holds one record's memory until it is disposed; the only way to keep a record beyond its scan without a copy. May be
/// passed between threads; dispose it when nobody uses its spans any more.
/// </summary>
public sealed unsafe class RecordLease : IDisposable
{
    private readonly RecordFields _fields;

    /// <summary>Null once disposed; exchanged by the one dispose that counts.</summary>
    private Segment? _segment;

    internal RecordLease(in RecordFields fields, Segment segment)
    {
        _fields = fields;
        _segment = segment;
        segment.AddLease();
    }

    /// <summary>The record's offset.</summary>
    public long Offset => _fields.Offset;

    /// <summary>The record's timestamp in Unix milliseconds.</summary>
    public long Timestamp => _fields.Timestamp;

    /// <summary>Whether the record has a key.</summary>
    public bool HasKey => _fields.KeyLength >= 0;

    /// <summary>Whether the value is null.</summary>
    public bool IsTombstone => _fields.ValueLength < 0;

    /// <summary>The key's bytes; empty where there is none. Not to be used after <see cref="Dispose"/>.</summary>
    /// <exception cref="ObjectDisposedException">The lease was disposed.</exception>
    public ReadOnlySpan<byte> Key => Span(_fields.Key, _fields.KeyLength);

    /// <summary>The value's bytes; empty where it is null. Not to be used after <see cref="Dispose"/>.</summary>
    /// <exception cref="ObjectDisposedException">The lease was disposed.</exception>
    public ReadOnlySpan<byte> Value => Span(_fields.Value, _fields.ValueLength);

    /// <summary>The headers. Not to be used after <see cref="Dispose"/>.</summary>
    /// <exception cref="ObjectDisposedException">The lease was disposed.</exception>
    public HeadersView Headers => new(Span(_fields.Headers, _fields.HeadersLength));

    /// <summary>Lets go of the memory. More than once does no harm.</summary>
    public void Dispose() => Interlocked.Exchange(ref _segment, null)?.ReleaseLease();

    private ReadOnlySpan<byte> Span(byte* start, int length)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _segment) is null, this);
        return new ReadOnlySpan<byte>(start, Math.Max(length, 0));
    }
}

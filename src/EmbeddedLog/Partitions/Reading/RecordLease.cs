using System.Runtime.InteropServices;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog;

/// <summary>
/// Holds one record's memory until it is disposed; the only way to keep a record beyond its scan without a copy. May be
/// passed between threads; dispose it when its spans are not used any more.
/// </summary>
public sealed unsafe class RecordLease : IDisposable
{
    private readonly RecordFields _fields;

    /// <summary>A copy of the record if its memory could not be held any more; pinned. Otherwise null.</summary>
    private readonly byte[]? _copy;

    /// <summary>The segment that is held, or null. Exchanged by the first dispose.</summary>
    private Segment? _segment;

    /// <summary>Set by dispose, read by every access.</summary>
    private bool _disposed;

    internal RecordLease(in RecordFields fields, Segment segment)
    {
        _fields = fields;
        if (segment.TryAddLease(fields.Key))
        {
            _segment = segment;
        }
        else
        {
            // The segment was closed or removed during the scan, whose slot keeps the memory while the scan lives.
            _copy = Copy(ref _fields);
        }
    }

    /// <summary>The record's offset.</summary>
    public long Offset => _fields.Offset;

    /// <summary>The record's timestamp in Unix milliseconds.</summary>
    public long Timestamp => _fields.Timestamp;

    /// <summary>Whether the record has a key.</summary>
    public bool HasKey => _fields.KeyLength >= 0;

    /// <summary>Whether the value is null.</summary>
    public bool IsTombstone => _fields.ValueLength < 0;

    /// <summary>The key's bytes; empty if there is none. Not to be used after <see cref="Dispose"/>.</summary>
    /// <exception cref="ObjectDisposedException">The lease was disposed.</exception>
    public ReadOnlySpan<byte> Key => Span(_fields.Key, _fields.KeyLength);

    /// <summary>The value's bytes; empty if it is null. Not to be used after <see cref="Dispose"/>.</summary>
    /// <exception cref="ObjectDisposedException">The lease was disposed.</exception>
    public ReadOnlySpan<byte> Value => Span(_fields.Value, _fields.ValueLength);

    /// <summary>The headers. Not to be used after <see cref="Dispose"/>.</summary>
    /// <exception cref="ObjectDisposedException">The lease was disposed.</exception>
    public HeadersView Headers => new(Span(_fields.Headers, _fields.HeadersLength));

    /// <summary>Releases the memory. Disposing again does nothing.</summary>
    public void Dispose()
    {
        Volatile.Write(ref _disposed, true);
        Interlocked.Exchange(ref _segment, null)?.ReleaseLease();
    }

    /// <summary>Copies from the key's first byte to the value's last, between which the headers lie.</summary>
    private static byte[] Copy(ref RecordFields fields)
    {
        int length = (int)(fields.Value + Math.Max(fields.ValueLength, 0) - fields.Key);
        byte[] copy = GC.AllocateUninitializedArray<byte>(length, pinned: true);
        new ReadOnlySpan<byte>(fields.Key, length).CopyTo(copy);
        byte* start = (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(copy, 0);
        fields.Headers = start + (fields.Headers - fields.Key);
        fields.Value = start + (fields.Value - fields.Key);
        fields.Key = start;
        return copy;
    }

    private ReadOnlySpan<byte> Span(byte* start, int length)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed), this);
        GC.KeepAlive(_copy);
        return new ReadOnlySpan<byte>(start, Math.Max(length, 0));
    }
}

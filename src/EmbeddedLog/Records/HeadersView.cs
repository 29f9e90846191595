using System.Text;
using EmbeddedLog.Format.Frames;

namespace EmbeddedLog;

/// <summary>
/// The headers of a record, read in place one by one, without a copy: <c>foreach (var h in view)</c>.
/// </summary>
public ref struct HeadersView
{
    private ReadOnlySpan<byte> _rest;
    private ReadOnlySpan<byte> _key;
    private ReadOnlySpan<byte> _value;
    private bool _hasValue;

    internal HeadersView(ReadOnlySpan<byte> block) => _rest = block;

    /// <summary>Whether there is no header left.</summary>
    public readonly bool IsEmpty => _rest.IsEmpty;

    /// <summary>How many bytes the headers that are left have, as stored.</summary>
    internal readonly int Length => _rest.Length;

    /// <summary>The header that <see cref="MoveNext"/> stepped to.</summary>
    public readonly HeaderView Current => new(_key, _value, _hasValue);

    /// <summary>The view itself: it is its own enumerator.</summary>
    public readonly HeadersView GetEnumerator() => this;

    /// <summary>Steps to the next header; false when there is none left.</summary>
    public bool MoveNext() => RecordHeaders.TryReadNext(ref _rest, out _key, out _value, out _hasValue);

    /// <summary>Copies the headers that are left.</summary>
    public readonly Headers ToHeaders()
    {
        if (IsEmpty)
        {
            return Headers.Empty;
        }

        List<Header> copy = [];
        foreach (HeaderView header in this)
        {
            copy.Add(new Header(Encoding.UTF8.GetString(header.Key), header.Value.ToArray(), header.HasValue));
        }

        return new Headers([.. copy]);
    }
}

using System.Collections;
using System.Runtime.CompilerServices;
using EmbeddedLog.Validation;

namespace EmbeddedLog;

/// <summary>
/// The headers of one record, in order. The list copies the bytes of each added header, so buffers may be used again at
/// once. To send a record on with one more header: <c>new Headers(record.Headers) { { "hop", "2" } }</c>.
/// </summary>
/// <remarks>
/// Names may repeat, as in Kafka; the last header of a name counts, see <see cref="TryGetLast"/>. The headers of a
/// record that was read are read-only and safe to share between threads; a list being built belongs to one thread.
/// </remarks>
public sealed class Headers : IReadOnlyList<Header>
{
    /// <summary>The headers of a record without headers: read-only, and always the same object.</summary>
    public static Headers Empty { get; } = new() { IsReadOnly = true };

    /// <summary>The headers, then free room.</summary>
    private Header[] _items = [];

    /// <summary>Creates an empty list.</summary>
    public Headers()
    {
    }

    /// <summary>Creates a list with a copy of other headers.</summary>
    /// <param name="headers">What to copy; its values' bytes are copied too.</param>
    /// <exception cref="ArgumentNullException"><paramref name="headers"/> is null.</exception>
    public Headers(IEnumerable<Header> headers)
    {
        ArgumentNullException.ThrowIfNull(headers);
        foreach (Header header in headers)
        {
            Add(header);
        }
    }

    /// <summary>Takes headers that were read from the log, without a copy. Read-only from the start.</summary>
    internal Headers(Header[] owned)
    {
        _items = owned;
        Count = owned.Length;
        IsReadOnly = true;
    }

    /// <summary>How many headers there are.</summary>
    public int Count { get; private set; }

    /// <summary>Whether the list belongs to a record that was read. It cannot be changed then, only copied.</summary>
    public bool IsReadOnly { get; private init; }

    /// <summary>The header at an index.</summary>
    /// <param name="index">From zero to <see cref="Count"/> less one, in the order in which they were added.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such header.</exception>
    public Header this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            return _items[index];
        }
    }

    /// <summary>Adds a header with a copy of the value.</summary>
    /// <param name="key">The name.</param>
    /// <param name="value">The value; copied.</param>
    /// <exception cref="ArgumentException">The key is null or has no UTF-8 form.</exception>
    /// <exception cref="InvalidOperationException">The list is read-only.</exception>
    public void Add(string key, ReadOnlyMemory<byte> value)
    {
        TextRules.ThrowIfNotWellFormed(key);
        AddOwned(new Header(key, value.ToArray(), hasValue: true));
    }

    /// <summary>Adds a header whose value is text, stored as UTF-8.</summary>
    /// <param name="key">The name.</param>
    /// <param name="value">The text, or null for a null value.</param>
    /// <exception cref="ArgumentException">The key is null, or the key or the text has no UTF-8 form.</exception>
    /// <exception cref="InvalidOperationException">The list is read-only.</exception>
    [OverloadResolutionPriority(1)] // A null literal fits both, and means a null value.
    public void Add(string key, string? value) => AddOwned(new Header(key, value));

    /// <summary>Adds a header with a copy of its value.</summary>
    /// <param name="header">The header.</param>
    /// <exception cref="InvalidOperationException">The list is read-only.</exception>
    public void Add(Header header) => AddOwned(new Header(header.Key, header.Value.ToArray(), header.HasValue));

    /// <summary>Removes all headers of a name, as Kafka's <c>Headers.remove</c>.</summary>
    /// <param name="key">The name.</param>
    /// <returns>How many were removed.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The list is read-only.</exception>
    public int Remove(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        ThrowIfReadOnly();
        int kept = 0;
        for (int i = 0; i < Count; i++)
        {
            if (_items[i].Key != key)
            {
                _items[kept++] = _items[i];
            }
        }

        int removed = Count - kept;
        Array.Clear(_items, kept, removed);
        Count = kept;
        return removed;
    }

    /// <summary>Finds the last header of a name, which counts if names repeat; Kafka's <c>lastHeader</c>.</summary>
    /// <param name="key">The name; compared ordinally.</param>
    /// <param name="header">The header, if there is one.</param>
    /// <returns>Whether there is one.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    public bool TryGetLast(string key, out Header header)
    {
        ArgumentNullException.ThrowIfNull(key);
        for (int i = Count - 1; i >= 0; i--)
        {
            if (_items[i].Key == key)
            {
                header = _items[i];
                return true;
            }
        }

        header = default;
        return false;
    }

    /// <summary>The headers as a span, valid until the list is changed.</summary>
    public ReadOnlySpan<Header> AsSpan() => _items.AsSpan(0, Count);

    /// <summary>Enumerates the headers in the order in which they were added.</summary>
    public IEnumerator<Header> GetEnumerator()
    {
        for (int i = 0; i < Count; i++)
        {
            yield return _items[i];
        }
    }

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The headers' names and sizes, not their values.</summary>
    public override string ToString() => $"[{string.Join(", ", this)}]";

    private void AddOwned(Header header)
    {
        ThrowIfReadOnly();
        if (Count == _items.Length)
        {
            Array.Resize(ref _items, Math.Max(4, Count * 2));
        }

        _items[Count++] = header;
    }

    private void ThrowIfReadOnly()
    {
        if (IsReadOnly)
        {
            throw new InvalidOperationException(
                "These headers belong to a record that was read and cannot be changed: "
                + "copy them with new Headers(headers).");
        }
    }
}

using System.Runtime.CompilerServices;
using EmbeddedLog.Validation;

namespace EmbeddedLog;

/// <summary>
/// A name and a value beside a record's key and value, as Kafka's record headers: a tracing id, a content type, a line
/// number. The value may be null, and names may repeat.
/// </summary>
/// <remarks>
/// Immutable, as long as the memory behind <see cref="Value"/> is not changed. Two headers are equal when their keys
/// are (ordinally) and their values are byte for byte; a null value does not equal an empty one.
/// </remarks>
public readonly struct Header : IEquatable<Header>
{
    private readonly string? _key;

    /// <summary>Creates a header whose value is null.</summary>
    /// <param name="key">The name: any well-formed string, the empty one included.</param>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="key"/> holds half a surrogate pair, which has no UTF-8
    /// form.</exception>
    public Header(string key)
        : this(key, default, hasValue: false)
    {
        TextRules.ThrowIfNotWellFormed(key);
    }

    /// <summary>Creates a header.</summary>
    /// <param name="key">The name: any well-formed string, the empty one included.</param>
    /// <param name="value">
    /// The value, not copied here; <see cref="Headers"/> copies a header that is added. A null array gives an empty
    /// value.
    /// </param>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="key"/> holds half a surrogate pair, which has no UTF-8
    /// form.</exception>
    public Header(string key, ReadOnlyMemory<byte> value)
        : this(key, value, hasValue: true)
    {
        TextRules.ThrowIfNotWellFormed(key);
    }

    /// <summary>Creates a header whose value is text, stored as UTF-8.</summary>
    /// <param name="key">The name: any well-formed string, the empty one included.</param>
    /// <param name="value">The text, or null for a null value.</param>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <exception cref="ArgumentException">
    /// <paramref name="key"/> or <paramref name="value"/> holds half a surrogate pair, which has no UTF-8 form.
    /// </exception>
    [OverloadResolutionPriority(1)] // A null literal fits both, and means a null value.
    public Header(string key, string? value)
        : this(key, value is null ? default : TextRules.ToUtf8(value), hasValue: value is not null)
    {
        TextRules.ThrowIfNotWellFormed(key);
    }

    /// <summary>Takes the parts unchecked: they were read from the log, or checked before.</summary>
    internal Header(string key, ReadOnlyMemory<byte> value, bool hasValue)
    {
        _key = key;
        Value = value;
        HasValue = hasValue;
    }

    /// <summary>The name; never null.</summary>
    public string Key => _key ?? string.Empty;

    /// <summary>The value's bytes; empty where the value is null, see <see cref="HasValue"/>.</summary>
    public ReadOnlyMemory<byte> Value { get; }

    /// <summary>False if the value is null. As in Kafka, an empty value is not null.</summary>
    public bool HasValue { get; }

    /// <summary>The value as UTF-8 text, or null where it is null.</summary>
    /// <exception cref="InvalidDataException">The value is not UTF-8.</exception>
    public string? GetString() => HasValue ? TextRules.FromUtf8(Value.Span) : null;

    /// <inheritdoc/>
    public bool Equals(Header other) =>
        Key == other.Key && HasValue == other.HasValue && Value.Span.SequenceEqual(other.Value.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Header other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Key, StringComparer.Ordinal);
        hash.Add(HasValue);
        hash.AddBytes(Value.Span);
        return hash.ToHashCode();
    }

    /// <summary>Whether both have the same key and the same value.</summary>
    /// <param name="left">One header.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(Header left, Header right) => left.Equals(right);

    /// <summary>Whether the keys or the values differ.</summary>
    /// <param name="left">One header.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(Header left, Header right) => !left.Equals(right);

    /// <summary>The key and the size of the value, not its content: <c>trace-id (16 bytes)</c>.</summary>
    public override string ToString() => HasValue ? $"{Key} ({Units.Size(Value.Length)})" : $"{Key} (null)";
}

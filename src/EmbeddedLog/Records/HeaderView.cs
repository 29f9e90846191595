namespace EmbeddedLog;

/// <summary>One header of a record, read in place.</summary>
public readonly ref struct HeaderView
{
    internal HeaderView(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool hasValue)
    {
        Key = key;
        Value = value;
        HasValue = hasValue;
    }

    /// <summary>The name in UTF-8.</summary>
    public ReadOnlySpan<byte> Key { get; }

    /// <summary>The value's bytes; empty where it is null.</summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>False if the value is null.</summary>
    public bool HasValue { get; }
}

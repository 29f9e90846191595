namespace EmbeddedLog;

/// <summary>What a serializer may look at beside the data.</summary>
/// <param name="Topic">The topic's name.</param>
/// <param name="IsKey">Whether a record's key is at hand, or else its value.</param>
/// <param name="Headers">The record's headers, or null where there are none. When reading, they are read-only.</param>
public readonly record struct SerializationContext(string Topic, bool IsKey, Headers? Headers = null);

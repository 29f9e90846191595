namespace EmbeddedLog;

/// <summary>The input of a serializer beside the data.</summary>
/// <param name="Topic">The topic's name.</param>
/// <param name="IsKey">True for a record's key, false for its value.</param>
/// <param name="Headers">The record's headers, or null if there are none. When reading, they are read-only.</param>
public readonly record struct SerializationContext(string Topic, bool IsKey, Headers? Headers = null);

namespace EmbeddedLog.Handling;

/// <summary>What the handling of a record depends on, taken from the record as stored.</summary>
/// <param name="KeyHash">
/// The hash of the key's bytes, or null without a key. Two keys of one hash are handled like one key.
/// </param>
/// <param name="Bytes">The bytes of key and value.</param>
internal readonly record struct RecordTraits(ulong? KeyHash, long Bytes);

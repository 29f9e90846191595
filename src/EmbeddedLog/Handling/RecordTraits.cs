namespace EmbeddedLog.Handling;

/// <summary>What the handling of a record depends on, taken from the record as stored.</summary>
/// <param name="KeyHash">
/// The hash of the key's bytes, or null without a key. Two keys of one hash are handled like one key.
/// </param>
/// <param name="Bytes">The bytes of key, value and headers.</param>
/// <param name="KeyLength">The length of the key; zero without one.</param>
/// <param name="ValueLength">The length of the value; zero for a tombstone.</param>
/// <param name="RawAt">Where key and value begin in what was kept of them beside the records.</param>
/// <param name="Fault">Why the record cannot be read; null where it can.</param>
internal readonly record struct RecordTraits(
    ulong? KeyHash,
    long Bytes,
    int KeyLength,
    int ValueLength,
    int RawAt,
    RecordDeserializationException? Fault);

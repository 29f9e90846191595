namespace EmbeddedLog;

/// <summary>A record whose last attempt has failed, or that cannot be read as the consumer's types.</summary>
/// <param name="At">The record's position.</param>
/// <param name="Timestamp">The record's time.</param>
/// <param name="Key">A copy of the key's bytes; null if the record has no key.</param>
/// <param name="Value">A copy of the value's bytes; null if the record is a tombstone.</param>
/// <param name="Headers">The record's headers.</param>
/// <param name="Attempts">How often its handler was called; 0 for a record that cannot be read.</param>
/// <param name="Error">
/// The exception of the last attempt, or a <see cref="RecordDeserializationException"/>.
/// </param>
public sealed record FailedRecord(
    TopicPartitionOffset At,
    DateTimeOffset Timestamp,
    ReadOnlyMemory<byte>? Key,
    ReadOnlyMemory<byte>? Value,
    Headers Headers,
    int Attempts,
    Exception Error);

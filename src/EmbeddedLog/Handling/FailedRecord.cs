namespace EmbeddedLog;

/// <summary>A record whose last attempt has failed.</summary>
/// <param name="At">The record's position.</param>
/// <param name="Timestamp">The record's time.</param>
/// <param name="Headers">The record's headers.</param>
/// <param name="Attempts">How often its handler was called.</param>
/// <param name="Error">The exception of the last attempt.</param>
public sealed record FailedRecord(
    TopicPartitionOffset At, DateTimeOffset Timestamp, Headers Headers, int Attempts, Exception Error);

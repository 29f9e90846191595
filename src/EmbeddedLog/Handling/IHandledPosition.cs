namespace EmbeddedLog.Handling;

/// <summary>
/// Where a consumer is in a partition whose records are handled. Called under the lock of the handling.
/// </summary>
internal interface IHandledPosition
{
    /// <summary>The partition.</summary>
    TopicPartition Id { get; }

    /// <summary>
    /// Whether records that were taken under a version are still to be handled: no seek has moved the position since,
    /// and the consumer has the partition.
    /// </summary>
    bool IsCurrent(int version);

    /// <summary>A record and all before it are finished.</summary>
    void Finish(int version, long offset);
}

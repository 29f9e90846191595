namespace EmbeddedLog.Handling;

/// <summary>Where records are kept that could not be handled. The owner of the log has it.</summary>
internal interface IDeadLetters
{
    /// <summary>
    /// Appends a record with its headers and those of its failure, and completes when that is on the disk. Makes the
    /// topic if it is missing.
    /// </summary>
    /// <param name="topic">The topic of dead letters.</param>
    /// <param name="record">The record.</param>
    /// <param name="group">The group whose handler failed, or null.</param>
    /// <param name="cancellationToken">
    /// Before the record is appended, nothing is; afterwards only the waiting ends, and it stays.
    /// </param>
    /// <returns>Where it stands.</returns>
    ValueTask<TopicPartitionOffset> KeepAsync(
        string topic, FailedRecord record, string? group, CancellationToken cancellationToken);
}

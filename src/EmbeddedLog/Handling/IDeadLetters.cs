namespace EmbeddedLog.Handling;

/// <summary>Where the records of a consumer are kept that could not be handled. The owner of the log has it.</summary>
internal interface IDeadLetters
{
    /// <summary>
    /// Appends a record with its headers and those of its failure, and completes when that is on the disk. Makes the
    /// topic if it is missing.
    /// </summary>
    /// <param name="topic">The topic of dead letters.</param>
    /// <param name="record">The record.</param>
    /// <param name="cancellationToken">
    /// Before the record is appended, nothing is; afterwards only the waiting ends, and it stays.
    /// </param>
    /// <returns>Where it stands.</returns>
    ValueTask<TopicPartitionOffset> KeepAsync(
        string topic, FailedRecord record, CancellationToken cancellationToken);
}

namespace EmbeddedLog;

/// <summary>
/// Reads one topic for one group: what code needs that is to run unchanged on this log, on Apache Kafka and in tests.
/// <see cref="Consumer{TKey, TValue}"/> says what each member does in detail.
/// </summary>
/// <typeparam name="TKey">The key's type.</typeparam>
/// <typeparam name="TValue">The value's type.</typeparam>
/// <remarks>
/// One read at a time; commit, seek, pause and resume may be called from any thread, also while a read is under way.
/// </remarks>
public interface IConsumer<TKey, TValue> : IAsyncDisposable, IDisposable
{
    /// <summary>Reads without end, waiting where there is nothing yet.</summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    IAsyncEnumerable<Record<TKey, TValue>> ReadAllAsync(CancellationToken cancellationToken = default);

    /// <summary>Reads up to what was the end of each partition at the call.</summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    IAsyncEnumerable<Record<TKey, TValue>> ReadToEndAsync(CancellationToken cancellationToken = default);

    /// <summary>Reads without end, as many records at a time as there are.</summary>
    /// <param name="maxRecords">The most records in a batch.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    IAsyncEnumerable<IReadOnlyList<Record<TKey, TValue>>> ReadBatchesAsync(
        int maxRecords, CancellationToken cancellationToken = default);

    /// <summary>Says that a record, and all before it in its partition, need not be handed out again.</summary>
    /// <param name="record">A record that was handed out.</param>
    void Finish(Record<TKey, TValue> record);

    /// <summary>Commits that a record, and all before it in its partition, need not be read again.</summary>
    /// <param name="finished">The record.</param>
    /// <param name="cancellationToken">Before the commit: nothing is committed. After it: ends the waiting.</param>
    ValueTask CommitAsync(Record<TKey, TValue> finished, CancellationToken cancellationToken = default);

    /// <summary>Commits the offset of the next record to read in a partition.</summary>
    /// <param name="next">The partition and the offset.</param>
    /// <param name="metadata">Text to store with it, or null.</param>
    /// <param name="cancellationToken">Before the commit: nothing is committed. After it: ends the waiting.</param>
    ValueTask CommitAsync(
        TopicPartitionOffset next, string? metadata = null, CancellationToken cancellationToken = default);

    /// <summary>Commits all records that are finished.</summary>
    /// <param name="cancellationToken">Before the commit: nothing is committed. After it: ends the waiting.</param>
    ValueTask CommitAsync(CancellationToken cancellationToken = default);

    /// <summary>Goes on reading a partition at an offset.</summary>
    /// <param name="next">The partition, and the offset of the next record to hand out.</param>
    void Seek(TopicPartitionOffset next);

    /// <summary>Goes on reading behind what a read has failed at.</summary>
    /// <param name="failure">What the read threw.</param>
    void Skip(EmbeddedLogException failure);

    /// <summary>Hands out nothing of a partition until it is resumed.</summary>
    /// <param name="partition">The partition.</param>
    void Pause(TopicPartition partition);

    /// <summary>Goes on with a partition that was paused.</summary>
    /// <param name="partition">The partition.</param>
    void Resume(TopicPartition partition);
}

using EmbeddedLog.Partitions;

namespace EmbeddedLog;

/// <summary>
/// One partition of a topic, at the level of bytes: an ordered, append-only, immutable sequence of records with offsets
/// that begin at zero and have no gaps but those that <see cref="CommitLog.SalvageAsync"/> has told of. The fastest way
/// in and out, without serializers, partitioner or group. Readers of other processes have <see cref="LogPartition"/>.
/// </summary>
/// <remarks>
/// All members are safe to call from any thread. Readers never wait for appends, nor appends for readers.
/// </remarks>
public sealed class OwnedPartition : LogPartition
{
    internal OwnedPartition(PartitionLog log)
        : base(log) => Log = log;

    /// <summary>
    /// Why nothing more can be appended, or null while all is well: a flush failed
    /// (<see cref="PartitionFailedException"/>, whose message says what to do), or the partition's directory is gone.
    /// It stays until the log is opened again; reads go on. Or the opening of the log found the partition damaged
    /// (<see cref="CorruptLogException"/>): then reads fail as well, and so does every other use, at each opening until
    /// <see cref="CommitLog.SalvageAsync"/> has repaired it. A full disk is not told here: later appends may succeed.
    /// The same object for everybody: look at it, and do not throw it.
    /// </summary>
    public EmbeddedLogException? Failure => Log.Failure;

    internal PartitionLog Log { get; }

    /// <summary>
    /// Appends a record. When this returns, the record can be read and is <see cref="Durability.Written"/>: it survives
    /// the death of the process. <see cref="FlushAsync(CancellationToken)"/> makes it survive the loss of power.
    /// </summary>
    /// <param name="record">The record; its bytes are copied.</param>
    /// <returns>The record's offset.</returns>
    /// <exception cref="RecordTooLargeException">It is larger than the topic allows. Nothing was appended.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// Its timestamp is out of range, or too far ahead of the clock. Nothing was appended.
    /// </exception>
    /// <exception cref="DiskFullException">There is no space. Nothing was appended; a later append may
    /// succeed.</exception>
    /// <exception cref="LogIOException">The file system failed. Nothing was appended.</exception>
    /// <exception cref="PartitionFailedException">An earlier flush failed. Nothing was appended.</exception>
    /// <exception cref="UnknownTopicException">The topic was deleted.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public long Append(in RawRecord record) => Log.Append(record, out _);

    /// <summary>
    /// Appends all records of a batch, or none: they get consecutive offsets, share one header and one checksum, and no
    /// crash can leave a part of them. When this returns they are <see cref="Durability.Written"/>.
    /// </summary>
    /// <param name="batch">The batch; its bytes are copied, so that it can be cleared and used again.</param>
    /// <returns>The offset of the first record; the others follow it.</returns>
    /// <exception cref="ArgumentException">The batch is empty, or a timestamp is too far ahead of the
    /// clock.</exception>
    /// <exception cref="RecordTooLargeException">
    /// A record is larger than the topic allows, or the batch than a segment. Nothing was appended.
    /// </exception>
    /// <exception cref="DiskFullException">There is no space. Nothing was appended; a later append may
    /// succeed.</exception>
    /// <exception cref="LogIOException">The file system failed. Nothing was appended.</exception>
    /// <exception cref="PartitionFailedException">An earlier flush failed. Nothing was appended.</exception>
    /// <exception cref="UnknownTopicException">The topic was deleted.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public long AppendBatch(RecordBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return Log.Append(batch, out _);
    }

    /// <summary>Waits until everything that was appended before the call is <see cref="Durability.Flushed"/>.</summary>
    /// <param name="cancellationToken">Ends the waiting; the flush goes on.</param>
    /// <exception cref="PartitionFailedException">The flush failed: what was not durable yet may be lost.</exception>
    /// <exception cref="DiskFullException">
    /// The flush could not be made for lack of space. What was appended stays, and it is tried again by itself.
    /// </exception>
    /// <exception cref="LogIOException">
    /// The flush could not be made, for lack of handles or memory, say: as for lack of space.
    /// </exception>
    /// <exception cref="OperationCanceledException">The waiting was cancelled.</exception>
    /// <exception cref="UnknownTopicException">The topic was deleted.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public ValueTask FlushAsync(CancellationToken cancellationToken = default) =>
        Log.DamageError() is { } damaged
            ? ValueTask.FromException(damaged)
            : FlushAsync(EndOffset, cancellationToken);

    /// <summary>
    /// Blocks the calling thread until everything that was appended before the call is
    /// <see cref="Durability.Flushed"/>. No thread of the pool is needed to go on; where nobody else flushes the
    /// partition, the calling thread does.
    /// </summary>
    /// <exception cref="PartitionFailedException">The flush failed: what was not durable yet may be lost.</exception>
    /// <exception cref="DiskFullException">
    /// The flush could not be made for lack of space. What was appended stays, and it is tried again by itself.
    /// </exception>
    /// <exception cref="LogIOException">
    /// The flush could not be made, for lack of handles or memory, say: as for lack of space.
    /// </exception>
    /// <exception cref="UnknownTopicException">The topic was deleted.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public void Flush() => Log.Flush(EndOffset);

    /// <summary>
    /// Waits until all records below an offset are <see cref="Durability.Flushed"/>. Callers that wait at the same time
    /// share one flush.
    /// </summary>
    /// <param name="upTo">The offset behind the last record of interest, at most
    /// <see cref="LogPartition.EndOffset"/>.</param>
    /// <param name="cancellationToken">Ends the waiting; the flush goes on.</param>
    /// <exception cref="ArgumentOutOfRangeException">The offset lies beyond the end.</exception>
    /// <exception cref="PartitionFailedException">The flush failed: what was not durable yet may be lost.</exception>
    /// <exception cref="DiskFullException">
    /// The flush could not be made for lack of space. What was appended stays, and it is tried again by itself.
    /// </exception>
    /// <exception cref="LogIOException">
    /// The flush could not be made, for lack of handles or memory, say: as for lack of space.
    /// </exception>
    /// <exception cref="OperationCanceledException">The waiting was cancelled.</exception>
    /// <exception cref="UnknownTopicException">The topic was deleted.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public ValueTask FlushAsync(long upTo, CancellationToken cancellationToken = default)
    {
        if (upTo > EndOffset)
        {
            throw new ArgumentOutOfRangeException(
                nameof(upTo),
                upTo,
                $"Nothing was appended there yet: the end of partition {TopicPartition} is {EndOffset}. Flush up to "
                + "that at most.");
        }

        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled(cancellationToken)
            : Log.FlushAsync(upTo, cancellationToken);
    }
}

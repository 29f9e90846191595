using System.Diagnostics.CodeAnalysis;
using EmbeddedLog.Storage;

namespace EmbeddedLog;

/// <summary>
/// One partition of a topic, at the level of bytes: an ordered, append-only, immutable sequence of records with offsets
/// that begin at zero and have no gaps. The fastest way in and out, without serializers, partitioner or group.
/// </summary>
/// <remarks>
/// All members are safe to call from any thread. Readers never wait for appends, nor appends for readers.
/// </remarks>
public sealed class Partition
{
    internal Partition(PartitionLog log) => Log = log;

    /// <summary>The topic's name.</summary>
    public string Topic => Log.Id.Topic;

    /// <summary>The partition's number, from zero.</summary>
    public int Number => Log.Id.Partition;

    /// <summary>Topic and number.</summary>
    public TopicPartition TopicPartition => Log.Id;

    /// <summary>The offset of the first record that retention has left; as Kafka's log start offset.</summary>
    public long StartOffset => Log.StartOffset;

    /// <summary>The offset of the next record to be appended; as Kafka's log end offset.</summary>
    public long EndOffset => Log.PublishedEnd;

    /// <summary>All records below this offset are <see cref="Durability.Flushed"/>.</summary>
    public long DurableOffset => Log.DurableEnd;

    /// <summary>The bytes of the segments that hold the records, headers included, reserved space not.</summary>
    public long SizeBytes => Log.SizeBytes;

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
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public long AppendBatch(RecordBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return Log.Append(batch, out _);
    }

    /// <summary>Waits until everything that was appended before the call is <see cref="Durability.Flushed"/>.</summary>
    /// <param name="cancellationToken">Ends the waiting; the flush goes on.</param>
    /// <exception cref="PartitionFailedException">The flush failed: what was not durable yet may be lost.</exception>
    /// <exception cref="OperationCanceledException">The waiting was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public ValueTask FlushAsync(CancellationToken cancellationToken = default) =>
        FlushAsync(EndOffset, cancellationToken);

    /// <summary>
    /// Waits until all records below an offset are <see cref="Durability.Flushed"/>. Callers that wait at the same time
    /// share one flush.
    /// </summary>
    /// <param name="upTo">The offset behind the last record of interest, at most <see cref="EndOffset"/>.</param>
    /// <param name="cancellationToken">Ends the waiting; the flush goes on.</param>
    /// <exception cref="ArgumentOutOfRangeException">The offset lies beyond the end.</exception>
    /// <exception cref="PartitionFailedException">The flush failed: what was not durable yet may be lost.</exception>
    /// <exception cref="OperationCanceledException">The waiting was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public ValueTask FlushAsync(long upTo, CancellationToken cancellationToken = default)
    {
        if (upTo > EndOffset)
        {
            throw new ArgumentOutOfRangeException(
                nameof(upTo), upTo, $"Nothing was appended there yet: the end of {TopicPartition} is {EndOffset}.");
        }

        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled(cancellationToken)
            : Log.FlushAsync(upTo, cancellationToken);
    }

    /// <summary>Waits until a record at an offset can be read: until <see cref="EndOffset"/> is greater.</summary>
    /// <param name="offset">The offset of the record to wait for.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="OperationCanceledException">The waiting was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public ValueTask WaitForAsync(long offset, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled(cancellationToken)
            : Log.WaitForEndAsync(checked(offset + 1), cancellationToken);

    /// <summary>
    /// Reads records from an offset on, without a copy. Dispose the scan soon: it keeps memory mapped.
    /// </summary>
    /// <param name="offset">From <see cref="StartOffset"/> to <see cref="EndOffset"/>.</param>
    /// <exception cref="OffsetUnavailableException">The offset is not in that range.</exception>
    /// <exception cref="CorruptLogException">What is stored there is damaged.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public PartitionScan Scan(long offset) => Log.Scan(offset);

    /// <summary>
    /// Finds the first record whose timestamp is at or after a time; as Kafka's <c>offsetsForTimes</c>.
    /// </summary>
    /// <param name="timestamp">The time.</param>
    /// <returns>The record's offset, or null where all records are earlier.</returns>
    /// <exception cref="CorruptLogException">What is stored on the way is damaged.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public long? FindOffset(DateTimeOffset timestamp) => TimestampSearch.Find(Log, timestamp.ToUnixTimeMilliseconds());

    /// <summary>Reads the last record, such as a state that is appended whole each time.</summary>
    /// <param name="last">A lease on the record; dispose it when done.</param>
    /// <returns>False where there is no record.</returns>
    /// <exception cref="CorruptLogException">What is stored there is damaged.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public bool TryReadLast([NotNullWhen(true)] out RecordLease? last)
    {
        last = null;
        long end = EndOffset;
        if (end == StartOffset)
        {
            return false;
        }

        using PartitionScan scan = Log.Scan(end - 1);
        if (scan.TryRead(out RecordView record))
        {
            last = record.Lease();
        }

        return last is not null;
    }
}

using System.Diagnostics.CodeAnalysis;
using EmbeddedLog.Partitions.Reading;

namespace EmbeddedLog;

/// <summary>
/// One partition of a topic as its readers see it, at the level of bytes: an ordered sequence of records with offsets
/// that begin at zero. The only gaps are those reported by <see cref="CommitLog.SalvageAsync"/>; readers pass over
/// them. <see cref="OwnedPartition"/> adds appending, for the process that owns the log.
/// </summary>
/// <remarks>
/// <para>All members are safe to call from any thread. Readers never wait for appends, nor appends for readers.</para>
/// <para>
/// A partition that the opening of the log found damaged throws a <see cref="CorruptLogException"/> from each member
/// but its name and number: see <see cref="OwnedPartition.Failure"/>.
/// </para>
/// <para>
/// In a process that follows another one's log (<see cref="ReadOnlyLog"/>) each property reads the owner's present
/// state. It can then throw as reading does: <see cref="CorruptLogException"/>, <see cref="LogIOException"/>, and
/// <see cref="UnknownTopicException"/> once the owner has deleted the topic.
/// </para>
/// </remarks>
public class LogPartition
{
    internal LogPartition(ReadablePartition source) => Source = source;

    /// <summary>The topic's name.</summary>
    public string Topic => Source.Id.Topic;

    /// <summary>The partition's number, from zero.</summary>
    public int Number => Source.Id.Partition;

    /// <summary>Topic and number.</summary>
    public TopicPartition TopicPartition => Source.Id;

    /// <summary>The offset of the first record not removed by retention; as Kafka's log start offset.</summary>
    public long StartOffset => Source.StartOffset;

    /// <summary>The offset of the next record to be appended; as Kafka's log end offset.</summary>
    public long EndOffset => Source.PublishedEnd;

    /// <summary>
    /// All records below this offset are <see cref="Durability.Flushed"/>. A log that is followed may know of more only
    /// with the owner's next checkpoint: on Windows and macOS, and where files cannot be mapped.
    /// </summary>
    public long DurableOffset => Source.DurableEnd;

    /// <summary>
    /// The bytes of the partition's segments, with headers and without reserved space; in a followed log up to 4 KiB
    /// and a record less.
    /// </summary>
    public long SizeBytes => Source.SizeBytes;

    internal ReadablePartition Source { get; }

    /// <summary>Waits until a record at an offset can be read: until <see cref="EndOffset"/> is greater.</summary>
    /// <param name="offset">The offset of the record to wait for.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="OperationCanceledException">The waiting was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public ValueTask WaitForAsync(long offset, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled(cancellationToken)
            : Source.WaitForEndAsync(checked(offset + 1), cancellationToken);

    /// <summary>
    /// Reads records from an offset on, without a copy. Dispose the scan soon: it keeps memory mapped.
    /// </summary>
    /// <param name="offset">From <see cref="StartOffset"/> to <see cref="EndOffset"/>.</param>
    /// <exception cref="OffsetUnavailableException">The offset is not in that range.</exception>
    /// <exception cref="CorruptLogException">The stored data is damaged.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public PartitionScan Scan(long offset) => Source.Scan(offset);

    /// <summary>
    /// Finds the first record whose timestamp is at or after a time; as Kafka's <c>offsetsForTimes</c>.
    /// </summary>
    /// <param name="timestamp">The time.</param>
    /// <returns>The record's offset, or null if all records are earlier.</returns>
    /// <exception cref="CorruptLogException">A record read by the search is damaged.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public long? FindOffset(DateTimeOffset timestamp)
    {
        // The search goes by the segments of the last look, and a damaged partition has none.
        Source.ThrowIfClosed();
        _ = Source.PublishedEnd;
        return TimestampSearch.Find(Source, timestamp.ToUnixTimeMilliseconds());
    }

    /// <summary>Reads the last record, such as a state that is appended whole each time.</summary>
    /// <param name="last">A lease on the record; dispose it when done.</param>
    /// <returns>False if there is no record.</returns>
    /// <exception cref="CorruptLogException">The stored data is damaged.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public bool TryReadLast([NotNullWhen(true)] out RecordLease? last)
    {
        last = null;
        long end = EndOffset;
        long start = StartOffset;
        long from = end;

        // Nearly always it is the one before the end; if a salvage has lost that one, it is farther back.
        for (long back = 1; last is null && from > start; back *= 2)
        {
            from = Math.Max(start, end - back);
            using PartitionScan scan = Source.Scan(from);
            while (scan.Offset < end && scan.TryRead(out RecordView record))
            {
                last?.Dispose();
                last = record.Lease();
            }
        }

        return last is not null;
    }
}

using EmbeddedLog.Consuming;
using EmbeddedLog.Groups;
using EmbeddedLog.Serialization;
using EmbeddedLog.Storage;

namespace EmbeddedLog;

/// <summary>
/// Reads a topic, and commits for its group how far it is. Records of one partition come in the order of their offsets;
/// partitions are read in turn, in chunks, so that none keeps the others waiting.
/// </summary>
/// <typeparam name="TKey">The key's type.</typeparam>
/// <typeparam name="TValue">The value's type.</typeparam>
/// <remarks>
/// <para>
/// A record is <em>finished</em> when the next one is asked for, by this or a later read. Leaving a loop, by
/// <c>break</c> or by an exception, and disposing finish nothing. The position moves when a record is handed out, so
/// that a later read goes on behind it: to get a record again, <see cref="Seek(TopicPartitionOffset)"/> to it.
/// </para>
/// <para>
/// That is a trap for code that catches the exception of a handler and reads on: the record that failed counts as
/// finished as soon as the next one is asked for, and is committed with it. Seek to it first, or let it go knowingly.
/// </para>
/// <para>
/// Without a commit the next consumer of the group begins where the last commit was, so that every record is handled at
/// least once. A loss of power can take records away that were written and not flushed; a commit that counted them is
/// lowered when the log is opened, so that what takes their offsets is read.
/// </para>
/// <para>
/// Thread safety: one read at a time, a second one throws <see cref="InvalidOperationException"/>. All other members
/// may be called from any thread, also while a read is under way. Waiting readers are woken by the append, not by
/// polling.
/// </para>
/// </remarks>
public sealed class Consumer<TKey, TValue> : IConsumer<TKey, TValue>
{
    private readonly PositionSet _positions;
    private readonly RecordReader<TKey, TValue> _reader;

    /// <summary>Null for a consumer without a group.</summary>
    private readonly OffsetCommitter? _committer;
    private readonly GroupMembership? _membership;

    /// <summary>Creates a consumer of a topic.</summary>
    /// <param name="topic">The topic's name.</param>
    /// <param name="partitions">All its partitions, by number.</param>
    /// <param name="membership">The place in its group, which the consumer gives up; or null for no group.</param>
    /// <param name="offsets">What groups have committed; null without a group.</param>
    /// <param name="keys">Reads keys.</param>
    /// <param name="values">Reads values.</param>
    /// <param name="options">Valid for that group, and the consumer's own.</param>
    /// <param name="context">What all partitions share.</param>
    internal Consumer(
        string topic,
        IReadOnlyList<ReadOnlyPartition> partitions,
        GroupMembership? membership,
        OffsetStore? offsets,
        IDeserializer<TKey> keys,
        IDeserializer<TValue> values,
        ConsumerOptions options,
        StorageContext context)
    {
        Topic = topic;
        Group = membership?.Group;
        Assignment = [.. partitions.Select(partition => partition.TopicPartition)];
        _membership = membership;
        PartitionCursor[] cursors =
        [
            .. partitions.Select(partition => new PartitionCursor(
                partition.Source,
                options.StartPolicy,
                Group is null ? null : offsets!.Effective(Group, ((Partition)partition).Log)?.Offset)),
        ];
        _positions = new PositionSet(topic, cursors, options.StartPolicy);
        _committer = Group is null
            ? null
            : new OffsetCommitter(
                _positions, offsets!, Group, options.CommitDurability, options.CommitInterval, context);
        _reader = new RecordReader<TKey, TValue>(
            _positions,
            new RecordFetcher<TKey, TValue>(new RecordDecoder<TKey, TValue>(topic, keys, values), context.Readers),
            _committer,
            new WakeSignal(context.Platform.Work),
            options.MaxBufferedRecords,
            options.AllowSynchronousContinuations);
    }

    /// <summary>The topic's name.</summary>
    public string Topic { get; }

    /// <summary>The group's name, or null for a consumer that commits nothing.</summary>
    public string? Group { get; }

    /// <summary>
    /// The partitions that this consumer reads: all of the topic, for a group has one member for now.
    /// </summary>
    public IReadOnlyList<TopicPartition> Assignment { get; }

    /// <summary>
    /// Reads without end: what is there, and what is appended later, for which it waits.
    /// </summary>
    /// <param name="cancellationToken">
    /// Ends the reading; what was not handed out is handed out by the next read.
    /// </param>
    /// <returns>
    /// The records; each enumeration is a read of its own. The exceptions are those of its enumeration.
    /// </returns>
    /// <exception cref="RecordDeserializationException">
    /// A record cannot be read as these types. The position stays at it; the message names the seek that skips it.
    /// </exception>
    /// <exception cref="OffsetUnavailableException">
    /// The position is not in the log, and <see cref="ConsumerOptions.Start"/> is
    /// <see cref="StartAt.Error"/>. With another start the consumer goes on where that says, and logs a warning.
    /// </exception>
    /// <exception cref="LogTruncatedException">
    /// The log is followed, and a recovery by its owner has taken back records that were read; the position was moved
    /// to the first of these. Undo what came of them, and read again.
    /// </exception>
    /// <exception cref="CorruptLogException">A stored record is damaged. The position stays at it.</exception>
    /// <exception cref="LogIOException">The medium failed to give a record. The position stays at it.</exception>
    /// <exception cref="InvalidOperationException">Another read is under way.</exception>
    /// <exception cref="OperationCanceledException">The reading was cancelled.</exception>
    /// <exception cref="UnknownTopicException">The topic was deleted, before or meanwhile.</exception>
    /// <exception cref="ObjectDisposedException">The consumer or the log was disposed, before or meanwhile.</exception>
    /// <exception cref="EmbeddedLogException">
    /// An interval commit has failed since the last call. No record is lost; reading again goes on.
    /// </exception>
    public IAsyncEnumerable<Record<TKey, TValue>> ReadAllAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return new RecordSequence<TKey, TValue>(_reader, ends: null, cancellationToken);
    }

    /// <summary>
    /// Reads up to the end of each partition as of this call. Partitions that are paused do not count: the reading ends
    /// when the others are at their ends.
    /// </summary>
    /// <inheritdoc cref="ReadAllAsync" path="/*[not(self::summary)]"/>
    public IAsyncEnumerable<Record<TKey, TValue>> ReadToEndAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return new RecordSequence<TKey, TValue>(_reader, _positions.Ends(), cancellationToken);
    }

    /// <summary>
    /// Reads without end, in batches of as many records as there are at once, at least one. The records of a batch are
    /// of one partition, so that committing the last of them commits the batch; they are finished, all at once, when
    /// the next batch is asked for.
    /// </summary>
    /// <param name="maxRecords">
    /// The most records in a batch, from 1. A batch also ends when it has about 50 MiB, as Kafka's
    /// <c>fetch.max.bytes</c>.
    /// </param>
    /// <param name="cancellationToken">
    /// Ends the reading; what was not handed out is handed out by the next read.
    /// </param>
    /// <returns>The batches, each a list of its own; each enumeration is a read of its own.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxRecords"/> is less than one.</exception>
    /// <inheritdoc cref="ReadAllAsync" path="/exception"/>
    public IAsyncEnumerable<IReadOnlyList<Record<TKey, TValue>>> ReadBatchesAsync(
        int maxRecords, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRecords, 1);
        ThrowIfDisposed();
        return new BatchSequence<TKey, TValue>(_reader, maxRecords, cancellationToken);
    }

    /// <summary>
    /// Commits that a record, and all before it in its partition, are finished: the group's next consumer begins behind
    /// it. Done when it is as durable as <see cref="ConsumerOptions.CommitDurability"/> says.
    /// </summary>
    /// <param name="finished">A record of this topic.</param>
    /// <param name="cancellationToken">Before the commit: nothing is committed. After it: ends the waiting.</param>
    /// <exception cref="InvalidOperationException">The consumer has no group.</exception>
    /// <exception cref="ArgumentException">The record is of another topic.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The partition has no such record.</exception>
    /// <exception cref="UnknownTopicException">The topic was deleted.</exception>
    /// <exception cref="DiskFullException">There is no space. Nothing was committed.</exception>
    /// <exception cref="LogIOException">The file system failed. Nothing was committed.</exception>
    /// <exception cref="PartitionFailedException">A flush failed; no more can be committed.</exception>
    /// <exception cref="EmbeddedLogException">
    /// An interval commit has failed since the last call. Nothing was committed by this one; it may be repeated.
    /// </exception>
    /// <exception cref="OperationCanceledException">The commit, or the waiting for it, was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The consumer or the log was disposed.</exception>
    public ValueTask CommitAsync(Record<TKey, TValue> finished, CancellationToken cancellationToken = default)
    {
        TopicPartitionOffset record = finished.TopicPartitionOffset;
        return CommitAsync(record with { Offset = record.Offset + 1 }, metadata: null, cancellationToken);
    }

    /// <summary>
    /// Commits the offset of the next record to read. It may be lower than what is committed; everything below it then
    /// counts as finished, and nothing above it.
    /// </summary>
    /// <param name="next">A partition of this topic, and an offset from zero to its end.</param>
    /// <param name="metadata">
    /// Text to store with the offset, up to 4,096 bytes as UTF-8, or null; as Kafka's <c>OffsetAndMetadata</c>.
    /// </param>
    /// <param name="cancellationToken">Before the commit: nothing is committed. After it: ends the waiting.</param>
    /// <exception cref="ArgumentException">It is another topic, or the metadata is too long or no text.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// There is no such partition, or the offset is not from zero to its end.
    /// </exception>
    /// <inheritdoc cref="CommitAsync(Record{TKey, TValue}, CancellationToken)" path="/exception"/>
    public ValueTask CommitAsync(
        TopicPartitionOffset next, string? metadata = null, CancellationToken cancellationToken = default)
    {
        OffsetCommitter committer = RequireGroup();
        if (metadata is not null)
        {
            OffsetCodec.ThrowIfNotMetadata(metadata);
        }

        return committer.CommitAsync(_positions.Get(next.TopicPartition), next.Offset, metadata, cancellationToken);
    }

    /// <summary>
    /// Commits all records that are finished: those before the last one, or the last batch, that was handed out. Does
    /// nothing where that is committed already.
    /// </summary>
    /// <param name="cancellationToken">Before the commit: nothing is committed. After it: ends the waiting.</param>
    /// <inheritdoc cref="CommitAsync(Record{TKey, TValue}, CancellationToken)" path="/exception"/>
    public ValueTask CommitAsync(CancellationToken cancellationToken = default) =>
        RequireGroup().CommitFinishedAsync(cancellationToken);

    /// <summary>
    /// Goes on at an offset: the next record handed out of that partition is from there, also if a read is under way.
    /// What was handed out before is not finished by that, and of what was finished, only what lies below stays so: a
    /// commit of all that is finished then commits the offset, as in Kafka.
    /// </summary>
    /// <param name="next">
    /// A partition of this topic, and an offset from zero. One that the partition does not hold, by the time of the
    /// next read, is treated as <see cref="ConsumerOptions.Start"/> says.
    /// </param>
    /// <exception cref="ArgumentException">It is another topic.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such partition, or the offset is negative.</exception>
    /// <exception cref="ObjectDisposedException">The consumer was disposed.</exception>
    public void Seek(TopicPartitionOffset next)
    {
        ThrowIfDisposed();
        PartitionCursor cursor = _positions.Get(next.TopicPartition);
        if (next.Offset < 0)
        {
            throw ConsumerErrors.NegativeOffset(next.Offset);
        }

        _positions.Seek(cursor, next.Offset);
        _reader.Signal.Wake();
    }

    /// <summary>
    /// Goes on, in each partition, at the first record whose timestamp is at or after a time, or at the end where all
    /// are earlier; as Kafka's <c>offsetsForTimes</c> and seek.
    /// </summary>
    /// <param name="timestamp">The time.</param>
    /// <exception cref="CorruptLogException">A record on the way is damaged; nothing was changed.</exception>
    /// <exception cref="ObjectDisposedException">The consumer or the log was disposed.</exception>
    public void Seek(DateTimeOffset timestamp)
    {
        ThrowIfDisposed();
        _positions.Seek(timestamp);
        _reader.Signal.Wake();
    }

    /// <summary>
    /// Goes on, in each partition, at the first record there is, which is found by the next read; as Kafka's
    /// <c>seekToBeginning</c>.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The consumer was disposed.</exception>
    public void SeekToBeginning()
    {
        ThrowIfDisposed();
        _positions.SeekToBeginning();
        _reader.Signal.Wake();
    }

    /// <summary>
    /// Goes on, in each partition, at its end as of now: with what is appended after this call. (Kafka's
    /// <c>seekToEnd</c> looks for the end only when it reads next.)
    /// </summary>
    /// <exception cref="ObjectDisposedException">The consumer was disposed.</exception>
    public void SeekToEnd()
    {
        ThrowIfDisposed();
        _positions.SeekToEnd();
        _reader.Signal.Wake();
    }

    /// <summary>
    /// Hands out nothing of a partition until it is resumed, from the next record on, also if a read is under way. The
    /// position stays. Pausing what is paused does nothing.
    /// </summary>
    /// <param name="partition">A partition of this topic.</param>
    /// <exception cref="ArgumentException">It is of another topic.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such partition.</exception>
    /// <exception cref="ObjectDisposedException">The consumer was disposed.</exception>
    public void Pause(TopicPartition partition) => Pause(partition, paused: true);

    /// <summary>Goes on with a partition that was paused. Resuming what is not paused does nothing.</summary>
    /// <inheritdoc cref="Pause(TopicPartition)" path="/*[not(self::summary)]"/>
    public void Resume(TopicPartition partition) => Pause(partition, paused: false);

    /// <summary>
    /// The offset of the record of a partition that is handed out next, as Kafka's <c>position</c>. Before the first
    /// read it is what the group has committed, or else where <see cref="ConsumerOptions.Start"/> says.
    /// </summary>
    /// <param name="partition">A partition of this topic.</param>
    /// <exception cref="ArgumentException">It is of another topic.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such partition.</exception>
    /// <exception cref="OffsetUnavailableException">
    /// Nothing is committed, and the consumer's start is <see cref="StartAt.Error"/>.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The consumer or the log was disposed.</exception>
    public long Position(TopicPartition partition)
    {
        ThrowIfDisposed();
        return _positions.GetPosition(_positions.Get(partition));
    }

    /// <summary>
    /// What the group has committed in a partition, or null; null also for a consumer without a group.
    /// </summary>
    /// <param name="partition">A partition of this topic.</param>
    /// <exception cref="ArgumentException">It is of another topic.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such partition.</exception>
    /// <exception cref="ObjectDisposedException">The consumer was disposed.</exception>
    public CommittedOffset? Committed(TopicPartition partition)
    {
        ThrowIfDisposed();
        PartitionCursor cursor = _positions.Get(partition);
        return _committer?.Committed(cursor);
    }

    /// <summary>Disposes the consumer, as <see cref="DisposeAsync"/>, and blocks until that is done.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>
    /// Ends the reading, with <see cref="ObjectDisposedException"/> for a reader that waits or asks for more; commits
    /// what is finished, if there is a commit interval; and leaves the group. Disposing again does nothing.
    /// </summary>
    /// <exception cref="EmbeddedLogException">
    /// What is finished could not be committed, now or by an interval commit. The consumer is disposed all the same.
    /// </exception>
    public async ValueTask DisposeAsync()
    {
        if (!_reader.TryStop())
        {
            return;
        }

        try
        {
            if (_committer is not null)
            {
                await _committer.DisposeAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            _membership?.Dispose();
        }
    }

    /// <summary>The topic and the group.</summary>
    public override string ToString() => Group is null ? Topic : $"{Topic} ({Group})";

    private void Pause(TopicPartition partition, bool paused)
    {
        ThrowIfDisposed();
        _positions.Pause(_positions.Get(partition), paused);
        _reader.Signal.Wake();
    }

    private OffsetCommitter RequireGroup()
    {
        ThrowIfDisposed();
        return _committer ?? throw ConsumerErrors.NoGroup();
    }

    private void ThrowIfDisposed()
    {
        if (_reader.Claim.IsClosing)
        {
            throw ConsumerErrors.Disposed();
        }
    }
}

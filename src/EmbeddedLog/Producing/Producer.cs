using System.Runtime.CompilerServices;
using EmbeddedLog.Concurrency;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.Producing;
using EmbeddedLog.Producing.Encoding;

namespace EmbeddedLog;

/// <summary>
/// Sends records to a topic. Made by <see cref="CommitLog.CreateProducer{TKey, TValue}"/>; cheap to make, but meant to
/// be shared and to live as long as its user does.
/// </summary>
/// <typeparam name="TKey">The key's type.</typeparam>
/// <typeparam name="TValue">The value's type.</typeparam>
/// <remarks>
/// <para>
/// All members are safe to use from many threads at once. Records that one thread sends to one partition stand there
/// in the order of its calls, whether it awaits them or not. Key, value and headers are read, and serialized, on the
/// caller's thread before the call returns, so they may be changed afterwards.
/// </para>
/// <para>
/// With <see cref="Durability.Flushed"/>, the default, a record is acknowledged when it is on the disk. Throughput
/// comes from sending many without awaiting each: they share a flush. With <see cref="Durability.Written"/> it is
/// acknowledged when it can be read, and calls complete at once.
/// </para>
/// <para>
/// What was appended and is not on the disk yet is in flight, and bounded by
/// <see cref="ProducerOptions.MaxInFlightBytes"/> where the durability is
/// <see cref="Durability.Flushed"/>: beyond it, sends wait, in the order in which they were called. Each that waits
/// holds its serialized record; who sends on without ever awaiting is not held back.
/// </para>
/// <para>
/// Whatever goes wrong with one record before it is appended (its serializer, its size, a full disk) fails that one
/// call. A flush that fails is final for its partition: those who await it get
/// <see cref="PartitionFailedException"/>, and so does every later send to that partition. Because it may have cost
/// records whose tasks nobody awaits, it is also told once by the next call of any kind, by
/// <see cref="FlushAsync"/> each time, and by disposal if nobody was told before. So the task of a send may be dropped.
/// </para>
/// <para>
/// Where partitions are added to the topic (<see cref="CommitLog.AddPartitionsAsync"/>), the next send goes by their
/// new number. What was sent before, and waits for room or for a flush, stays in its partition.
/// </para>
/// <para>
/// A thread that is to wait calls <see cref="Produce(in ProducerRecord{TKey, TValue})"/>: it is woken by the flush
/// itself. To block on the task of <see cref="ProduceAsync(ProducerRecord{TKey, TValue}, CancellationToken)"/> instead
/// (<c>AsTask().Wait()</c>) needs a free thread of the pool for the wake-up, and is the caller's own affair: where all
/// of them block so, none is woken until the runtime adds another one.
/// </para>
/// <para>
/// The producer does not own the log: disposing it closes nothing. Differences from Kafka: no batching delay and no
/// retries, since nothing is sent over a network; and no idempotence, since nothing is sent twice.
/// </para>
/// </remarks>
public sealed class Producer<TKey, TValue> : IProducer<TKey, TValue>
{
    // Over 400 lines, most of which document the public members: ProducerCore does the work.

    private readonly ProducerCore _core;
    private readonly RecordSerializer<TKey, TValue> _serializer;
    private readonly SendTelemetry _telemetry;

    /// <summary>Creates a producer.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="keySerializer">Serializes keys.</param>
    /// <param name="valueSerializer">Serializes values.</param>
    /// <param name="partitioner">Chooses partitions; the one of the options is not looked at.</param>
    /// <param name="options">A validated copy.</param>
    /// <param name="work">Wakes who waits.</param>
    /// <param name="users">What the log's closing disposes.</param>
    internal Producer(
        Topic topic,
        ISerializer<TKey> keySerializer,
        ISerializer<TValue> valueSerializer,
        IPartitioner partitioner,
        ProducerOptions options,
        WorkQueue work,
        LogUsers users)
    {
        Topic = topic.Name;
        _telemetry = new SendTelemetry(Telemetry.Shared, topic.Name);
        _core = new ProducerCore(topic, work, users, options.Durability, options.MaxInFlightBytes);
        _serializer = new RecordSerializer<TKey, TValue>(topic.Name, keySerializer, valueSerializer, partitioner);
    }

    /// <inheritdoc/>
    public string Topic { get; }

    /// <summary>The bytes in flight; zero where they are not bounded.</summary>
    internal long InFlightBytes => _core.Window?.Bytes ?? 0;

    /// <summary>
    /// Sends a record, and completes when it has the durability of the options. Where the bytes in flight are at their
    /// bound, it first waits for room. Every failure comes through the task.
    /// </summary>
    /// <param name="record">The record.</param>
    /// <param name="cancellationToken">
    /// Before the record is appended, nothing is; afterwards only the waiting ends, and the record stays.
    /// </param>
    /// <returns>Where the record stands. Await it once, or take <c>AsTask()</c>, or drop it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The record names a partition that does not exist, or its timestamp is too far ahead of the clock. Nothing was
    /// appended.
    /// </exception>
    /// <exception cref="RecordSerializationException">A serializer threw. Nothing was appended.</exception>
    /// <exception cref="InvalidOperationException">
    /// The partitioner chose a partition that does not exist. Nothing was appended.
    /// </exception>
    /// <exception cref="RecordTooLargeException">It is larger than the topic allows. Nothing was appended.</exception>
    /// <exception cref="DiskFullException">
    /// There is no space. Nothing was appended; a later send may succeed.
    /// </exception>
    /// <exception cref="LogIOException">
    /// The file system failed. Nothing was appended; or the record was, and could not be flushed yet for lack of
    /// handles or memory, which the message says: then it stays, and the flush is tried again by itself.
    /// </exception>
    /// <exception cref="PartitionFailedException">
    /// A flush failed: this record, or an earlier one that nobody was told of, may be lost.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="UnknownTopicException">The topic was deleted.</exception>
    /// <exception cref="ObjectDisposedException">The producer or the log was disposed.</exception>
    public ValueTask<RecordMetadata> ProduceAsync(
        ProducerRecord<TKey, TValue> record, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<RecordMetadata>(cancellationToken);
        }

        try
        {
            _core.ThrowIfUnusable();
            return _telemetry.IsOn
                ? FailedSend<RecordMetadata>.Droppable(SendObservedAsync(record, cancellationToken))
                : Send(record, cancellationToken);
        }
#pragma warning disable CA1031 // It goes to whoever awaits the task.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            return FailedSend<RecordMetadata>.Of(failure);
        }
    }

    /// <summary>Sends a key and a value; as the other overload.</summary>
    /// <param name="key">The key; null sends a record without one.</param>
    /// <param name="value">The value; null sends a tombstone.</param>
    /// <param name="cancellationToken">
    /// Before the record is appended, nothing is; afterwards only the waiting ends, and the record stays.
    /// </param>
    /// <returns>Where the record stands.</returns>
    public ValueTask<RecordMetadata> ProduceAsync(
        TKey key, TValue value, CancellationToken cancellationToken = default) =>
        ProduceAsync(new ProducerRecord<TKey, TValue>(key, value), cancellationToken);

    /// <summary>
    /// Sends a record, and blocks the calling thread until it has the durability of the options. Where the bytes in
    /// flight are at their bound, it first waits for room. No thread of the pool is needed to go on; where nobody else
    /// flushes the partition, the calling thread does.
    /// </summary>
    /// <param name="record">The record.</param>
    /// <returns>Where the record stands.</returns>
    /// <remarks>
    /// Throws what <see cref="ProduceAsync(ProducerRecord{TKey, TValue}, CancellationToken)"/> throws, but for
    /// cancellation: a flush that is under way cannot be cancelled.
    /// </remarks>
    [SkipLocalsInit]
    public RecordMetadata Produce(in ProducerRecord<TKey, TValue> record)
    {
        _core.ThrowIfUnusable();
        return _telemetry.IsOn ? SendObserved(record) : Send(record);
    }

    /// <summary>Sends a key and a value, and blocks until that is acknowledged; as the other overload.</summary>
    /// <param name="key">The key; null sends a record without one.</param>
    /// <param name="value">The value; null sends a tombstone.</param>
    /// <returns>Where the record stands.</returns>
    public RecordMetadata Produce(TKey key, TValue value) => Produce(new ProducerRecord<TKey, TValue>(key, value));

    /// <summary>
    /// Sends a tombstone, which says that the key's records are deleted; as Kafka's record with a null value.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">
    /// Before the tombstone is appended, nothing is; afterwards only the waiting ends, and it stays.
    /// </param>
    /// <returns>Where the tombstone stands.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null: it would delete nothing.</exception>
    /// <remarks>
    /// Everything else as <see cref="ProduceAsync(ProducerRecord{TKey, TValue}, CancellationToken)"/>, by which, as in
    /// Kafka, a record with neither key nor value can be sent too.
    /// </remarks>
    public ValueTask<RecordMetadata> DeleteAsync(TKey key, CancellationToken cancellationToken = default) =>
        key is null
            ? FailedSend<RecordMetadata>.Of(
                new ArgumentNullException(nameof(key), "A tombstone deletes the records of a key, so it needs one."))
            : ProduceAsync(ProducerRecord.Tombstone<TKey, TValue>(key), cancellationToken);

    /// <summary>
    /// Sends records so that those of one partition are appended as one: all of them or none, next to each other, in
    /// their order, with one header and one checksum. Across partitions it is not atomic. Completes when all of them
    /// have the durability of the options.
    /// </summary>
    /// <param name="records">The records; read during the call.</param>
    /// <param name="cancellationToken">
    /// Before the records are appended, nothing is; afterwards only the waiting ends, and they stay.
    /// </param>
    /// <returns>Where the records stand, in the order in which they were given.</returns>
    /// <remarks>
    /// All records are serialized, given a partition and checked before the first is appended, and all of them wait for
    /// room together. So a record that is refused appends nothing. What fails only as it is appended (a full disk, say)
    /// may leave the batches of other partitions appended, and then it is not told which.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="records"/> is null.</exception>
    /// <exception cref="RecordTooLargeException">
    /// A record is larger than the topic allows, or those of one partition are larger than a segment. Nothing was
    /// appended.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A record names a partition that does not exist, or has a timestamp too far ahead of the clock. Nothing was
    /// appended.
    /// </exception>
    /// <exception cref="RecordSerializationException">A serializer threw. Nothing was appended.</exception>
    /// <exception cref="InvalidOperationException">
    /// The partitioner chose a partition that does not exist. Nothing was appended.
    /// </exception>
    /// <exception cref="DiskFullException">There is no space.</exception>
    /// <exception cref="LogIOException">The file system failed.</exception>
    /// <exception cref="PartitionFailedException">
    /// A flush failed: these records, or earlier ones that nobody was told of, may be lost.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="UnknownTopicException">The topic was deleted.</exception>
    /// <exception cref="ObjectDisposedException">The producer or the log was disposed.</exception>
    public ValueTask<IReadOnlyList<RecordMetadata>> ProduceBatchAsync(
        IReadOnlyList<ProducerRecord<TKey, TValue>> records, CancellationToken cancellationToken = default) =>
        FailedSend<IReadOnlyList<RecordMetadata>>.Droppable(SendBatchAsync(records, cancellationToken));

    /// <summary>
    /// Appends a record without waiting for anything: when this returns true it is <see cref="Durability.Written"/>,
    /// whatever the durability of the options, and <see cref="FlushAsync"/> later makes it durable. Fire and forget.
    /// </summary>
    /// <param name="record">The record.</param>
    /// <param name="written">Where the record stands.</param>
    /// <returns>
    /// False if the bytes in flight are at their bound, or others wait for room already; never so where the durability
    /// is <see cref="Durability.Written"/>. Nothing was appended then. A flush that brings room has been asked for:
    /// await <see cref="WaitToProduceAsync"/> and try again.
    /// </returns>
    /// <remarks>
    /// A record that is larger than the bound goes in when nothing is in flight. Throws what
    /// <see cref="ProduceAsync(ProducerRecord{TKey, TValue}, CancellationToken)"/> throws, but for cancellation.
    /// </remarks>
    [SkipLocalsInit]
    public bool TryProduce(in ProducerRecord<TKey, TValue> record, out RecordMetadata written)
    {
        _core.ThrowIfUnusable();
        if (_core.Window is { } window && window.RefusesAll())
        {
            written = default;
            return false;
        }

        return _telemetry.IsOn ? TrySendObserved(record, out written) : TrySend(record, out written);
    }

    /// <summary>
    /// Appends a record without waiting for anything; as the other overload, for those who need not know where it
    /// stands.
    /// </summary>
    /// <param name="record">The record.</param>
    /// <returns>False if there is no room.</returns>
    public bool TryProduce(in ProducerRecord<TKey, TValue> record) => TryProduce(record, out _);

    /// <summary>Appends a key and a value without waiting for anything; as the other overload.</summary>
    /// <param name="key">The key; null sends a record without one.</param>
    /// <param name="value">The value; null sends a tombstone.</param>
    /// <param name="written">Where the record stands.</param>
    /// <returns>False if there is no room.</returns>
    public bool TryProduce(TKey key, TValue value, out RecordMetadata written) =>
        TryProduce(new ProducerRecord<TKey, TValue>(key, value), out written);

    /// <summary>
    /// Completes when there is room again for what <see cref="TryProduce(in ProducerRecord{TKey, TValue}, out
    /// RecordMetadata)"/> has refused. Another thread may be faster, so try in a loop.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>
    /// True if it is worth while to try again; false once the producer was disposed, as
    /// <c>ChannelWriter.WaitToWriteAsync</c>.
    /// </returns>
    /// <exception cref="PartitionFailedException">A flush failed that nobody was told of.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask<bool> WaitToProduceAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<bool>(cancellationToken);
        }

        if (_core.IsDisposed)
        {
            return ValueTask.FromResult(false);
        }

        if (_core.TakeUntold() is { } failure)
        {
            return ValueTask.FromException<bool>(failure);
        }

        return _core.WaitForRoomAsync(cancellationToken);
    }

    /// <summary>
    /// Waits until every record that this producer was given before the call is <see cref="Durability.Flushed"/>,
    /// whatever the durability of the options; as Kafka's <c>flush()</c>. Records that still wait for room are
    /// included.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting; the flushes go on.</param>
    /// <exception cref="PartitionFailedException">
    /// A flush failed: what was not durable in that partition may be lost. Thrown by every later call too.
    /// </exception>
    /// <exception cref="OperationCanceledException">The waiting was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The producer was disposed.</exception>
    public async ValueTask FlushAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _core.ThrowIfUnusable();
        await _core.FlushAsync(untoldOnly: false, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// As <see cref="FlushAsync"/>, but blocks the calling thread, and needs no thread of the pool to go on.
    /// </summary>
    /// <exception cref="PartitionFailedException">
    /// A flush failed: what was not durable in that partition may be lost. Thrown by every later call too.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The producer was disposed.</exception>
    public void Flush()
    {
        _core.ThrowIfUnusable();
        _core.Flush(untoldOnly: false);
    }

    /// <summary>
    /// Ends the use of the producer. Where the durability is <see cref="Durability.Flushed"/>, waits until what was
    /// sent is on the disk. Later calls throw <see cref="ObjectDisposedException"/>; a second disposal does nothing.
    /// </summary>
    /// <exception cref="PartitionFailedException">
    /// A flush failed that nobody was told of yet: records may be lost.
    /// </exception>
    public ValueTask DisposeAsync() => _core.DisposeAsync();

    /// <summary>As <see cref="DisposeAsync"/>, but blocks the calling thread.</summary>
    /// <exception cref="PartitionFailedException">
    /// A flush failed that nobody was told of yet: records may be lost.
    /// </exception>
    public void Dispose() => _core.Dispose();

    private async Task<RecordMetadata> SendObservedAsync(
        ProducerRecord<TKey, TValue> record, CancellationToken cancellationToken)
    {
        SendTelemetry.Send send = _telemetry.Begin();
        RecordMetadata? sent = null;
        Exception? failure = null;
        try
        {
            sent = await Send(send.Trace(record), cancellationToken).ConfigureAwait(false);
            return sent.Value;
        }
        catch (Exception thrown)
        {
            failure = thrown;
            throw;
        }
        finally
        {
            send.End(sent, failure);
        }
    }

    private RecordMetadata SendObserved(in ProducerRecord<TKey, TValue> record)
    {
        SendTelemetry.Send send = _telemetry.Begin();
        RecordMetadata? sent = null;
        Exception? failure = null;
        try
        {
            sent = Send(send.Trace(record));
            return sent.Value;
        }
        catch (Exception thrown)
        {
            failure = thrown;
            throw;
        }
        finally
        {
            send.End(sent, failure);
        }
    }

    private bool TrySendObserved(in ProducerRecord<TKey, TValue> record, out RecordMetadata written)
    {
        SendTelemetry.Send send = _telemetry.Begin();
        RecordMetadata? sent = null;
        Exception? failure = null;
        try
        {
            bool isSent = TrySend(send.Trace(record), out written);
            sent = isSent ? written : null;
            return isSent;
        }
        catch (Exception thrown)
        {
            failure = thrown;
            throw;
        }
        finally
        {
            if (sent is null && failure is null)
            {
                send.Abandon();
            }
            else
            {
                send.End(sent, failure);
            }
        }
    }

    private async Task<IReadOnlyList<RecordMetadata>> SendBatchAsync(
        IReadOnlyList<ProducerRecord<TKey, TValue>> records, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(records);
        cancellationToken.ThrowIfCancellationRequested();
        _core.ThrowIfUnusable();
        if (!_telemetry.IsOn)
        {
            return await _core.SendAsync(Encode(records), cancellationToken).ConfigureAwait(false);
        }

        SendTelemetry.Send send = _telemetry.Begin();
        Exception? failure = null;
        try
        {
            BatchSend batch = Encode([.. records.Select(record => send.Trace(record))]);
            return await _core.SendAsync(batch, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception thrown)
        {
            failure = thrown;
            throw;
        }
        finally
        {
            send.EndBatch(records.Count, failure);
        }
    }

    // Inlined into what asks whether somebody listens, so that a send has no frame more because of the question.
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private RecordMetadata Send(in ProducerRecord<TKey, TValue> record)
    {
        Unsafe.SkipInit(out ShortKey room);
        return _serializer.TryEncode(record, _core.PartitionCount, ref room, out EncodedRecord encoded)
            ? _core.Send(encoded)
            : ProduceBuffered(record);
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TrySend(in ProducerRecord<TKey, TValue> record, out RecordMetadata written)
    {
        Unsafe.SkipInit(out ShortKey room);
        return _serializer.TryEncode(record, _core.PartitionCount, ref room, out EncodedRecord encoded)
            ? _core.TrySend(encoded, out written)
            : TryProduceBuffered(record, out written);
    }

    [SkipLocalsInit]
    private ValueTask<RecordMetadata> Send(
        in ProducerRecord<TKey, TValue> record, CancellationToken cancellationToken)
    {
        Unsafe.SkipInit(out ShortKey room);
        return _serializer.TryEncode(record, _core.PartitionCount, ref room, out EncodedRecord encoded)
            ? _core.SendAsync(encoded, cancellationToken)
            : SendBuffered(record, cancellationToken);
    }

    private ValueTask<RecordMetadata> SendBuffered(
        in ProducerRecord<TKey, TValue> record, CancellationToken cancellationToken)
    {
        SendBuffer buffer = SendBuffer.Rent();
        try
        {
            return _core.SendAsync(_serializer.Encode(record, _core.PartitionCount, buffer), cancellationToken);
        }
        finally
        {
            buffer.Return();
        }
    }

    private RecordMetadata ProduceBuffered(in ProducerRecord<TKey, TValue> record)
    {
        SendBuffer buffer = SendBuffer.Rent();
        try
        {
            return _core.Send(_serializer.Encode(record, _core.PartitionCount, buffer));
        }
        finally
        {
            buffer.Return();
        }
    }

    private bool TryProduceBuffered(in ProducerRecord<TKey, TValue> record, out RecordMetadata written)
    {
        SendBuffer buffer = SendBuffer.Rent();
        try
        {
            return _core.TrySend(_serializer.Encode(record, _core.PartitionCount, buffer), out written);
        }
        finally
        {
            buffer.Return();
        }
    }

    private BatchSend Encode(IReadOnlyList<ProducerRecord<TKey, TValue>> records)
    {
        // Once for all of them: no key is spread over two partitions within a batch.
        int partitions = _core.PartitionCount;
        BatchSend batch = _core.CreateBatch();
        SendBuffer buffer = SendBuffer.Rent();
        try
        {
            for (int i = 0; i < records.Count; i++)
            {
                buffer.Clear();
                _core.Add(batch, _serializer.Encode(records[i], partitions, buffer));
            }
        }
        finally
        {
            buffer.Return();
        }

        return batch;
    }
}
